internal import Archive
internal import FaceID
internal import Vault

extension Effects {
    /// Of this program: the real world, and Tencent as the vendor.
    static var program: Effects { Effects(provider: TencentFaceID()) }
}

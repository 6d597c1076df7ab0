public import Base
internal import BlobStore
internal import Catalog
internal import Foundation
internal import Ledger
internal import Sealing
internal import Vendor

/// Why a verb of the archive did not do what it was asked for.
///
/// `message` says what went wrong and where, `remedy` what to do about it. Neither holds a secret, media,
/// or more of the input than a name or one character.
public struct ArchiveError: Error, Sendable {
    /// What kind of failure it is, for exit codes and statuses.
    public enum Outcome: Sendable {
        /// Failed, and nothing was changed.
        case failed
        /// Refused by a rule.
        case refused
        /// What was said cannot be read.
        case usage
        /// What was asked for is not there.
        case notFound
        /// Stored bytes, keys and index do not fit together.
        case integrity
        /// Whether it was done is not known.
        case unsettled
    }

    public enum Code: String, Sendable {
        case noArchive, archiveExists, archiveBusy, otherFormat, openToOthers, otherOwner, badConfiguration
        case noConfiguration
        case noRootKey, badRootKey, wrongRootKey, badKeyring
        case badCaseID, badParticular, otherParticulars, tokenElsewhere, tokenEnded, tokenTwice
        case badAnswer, answerNotFinished, answerIsError, noTimeGiven
        case noCredentials, vendor
        case badTable, badTime, badUsage
        case unknownCase, noSuchMedia, ambiguous, rangeOutside
        case outputExists, badReason, interrupted, timedOut
        case blobMissing, blobAltered, indexDamaged
        case ledgerForked, ledgerUnpublished, notForked, badEvidence, notEvidence, badOrigin, noSuchEntry
        case badPolicy, policyExists, policyActive, unknownPolicy, noConflict, termsUnmet
        case badEvent, eventExists
        case destroyed, tokenDestroyed, clockDoubted, clockFine, limitExceeded, impactNotAccepted
        case badPlan, planUnfit, purgeBusy, unknownRun
        case badToken, unknownToken, notAllowed, unknownRequest, requestOver, notNeeded
        case badExpression, badScope, badMatter, unknownMatter, matterExists, matterOver, caseHeld, holdsLost,
            rulesLost, publishedUnread
        case storage, unsettled

        package var outcome: Outcome {
            switch self {
            case .unknownCase, .noSuchMedia, .noSuchEntry, .destroyed, .unknownPolicy, .unknownRun, .noConflict,
                .unknownToken, .unknownRequest, .unknownMatter:
                .notFound
            case .otherParticulars, .tokenElsewhere, .tokenEnded, .ledgerUnpublished, .notForked, .policyExists,
                .policyActive, .termsUnmet, .eventExists, .tokenDestroyed, .clockDoubted, .clockFine, .limitExceeded,
                .impactNotAccepted, .planUnfit, .purgeBusy, .badToken, .notAllowed, .requestOver, .notNeeded,
                .matterExists,
                .matterOver, .caseHeld, .holdsLost, .rulesLost, .publishedUnread:
                .refused
            case .wrongRootKey, .badKeyring, .blobMissing, .blobAltered, .indexDamaged, .ledgerForked, .badEvidence:
                .integrity
            case .unsettled: .unsettled
            case .badTime, .badUsage: .usage
            default: .failed
            }
        }
    }

    public let code: Code
    public let message: String
    public let remedy: Remedy?
    /// Of an impact that has to be accepted: what `--accept-impact` takes.
    public var digest: String?
    /// Of an expression: the text and the column where it is wrong, counted from 1.
    public var mark: (text: String, column: Int)?

    public var outcome: Outcome { code.outcome }

    public init(_ code: Code, _ message: String, remedy: Remedy? = nil) {
        self.code = code
        self.message = message
        self.remedy = remedy
    }
}

extension ArchiveError {
    /// Whether it says that this archive cannot go on now, rather than that one thing cannot be done.
    public var concernsAll: Bool {
        switch code {
        case .storage, .unsettled, .interrupted, .timedOut, .ledgerForked, .ledgerUnpublished: true
        default: false
        }
    }
}

extension ArchiveError: CustomStringConvertible {
    public var description: String { remedy.map { "\(message) (\($0))" } ?? message }
}

extension ArchiveError {
    /// Any error of the targets below, in this one's words.
    ///
    /// - Parameter subject: what was being done it to, such as `best-frame of case K-1`.
    public init(_ error: any Error, subject: String? = nil) {
        let prefix = subject.map { "\($0): " } ?? ""
        switch error {
        case let error as ArchiveError:
            self.init(error.code, prefix + error.message, remedy: error.remedy)
            (digest, mark) = (error.digest, error.mark)
        case let error as FileError: self.init(.storage, prefix + error.description, remedy: error.remedy)
        case let error as BlobStoreError:
            switch error {
            case .missing:
                self.init(
                    .blobMissing, "\(prefix)the blob is gone from the store: \(error)", remedy: Self.restoreRemedy)
            case .cutShort:
                self.init(.blobAltered, "\(prefix)the blob was altered: \(error)", remedy: Self.restoreRemedy)
            }
        case let error as SealingError:
            switch error {
            case .wrongRootKey, .otherRootKeyKind: self.init(.wrongRootKey, prefix + error.description)
            case .rangeOutside: self.init(.rangeOutside, prefix + error.description)
            case .notKeyring, .keyringAltered, .keyMissing, .passphraseCostRefused:
                self.init(.badKeyring, prefix + error.description, remedy: "put back the newest copy of keyring.sealed")
            case .notRootKeyFile, .passphraseTooShort, .passphraseNotText, .outOfMemory:
                self.init(.badRootKey, prefix + error.description)
            case .fieldAltered: self.init(.indexDamaged, prefix + error.description, remedy: Self.restoreRemedy)
            default: self.init(.blobAltered, "\(prefix)the blob was altered: \(error)", remedy: Self.restoreRemedy)
            }
        case let error as EntryError:
            self.init(.indexDamaged, "\(prefix)the ledger was altered: \(error)", remedy: Self.restoreRemedy)
        case let error as NoteError: self.init(.badEvidence, prefix + error.description)
        case let error as any AnswerProblem: self.init(.badAnswer, prefix + error.description, remedy: error.remedy)
        case let error as any ProviderError: self.init(.vendor, prefix + error.description, remedy: error.remedy)
        case WaitEnded.cancelled:
            self.init(
                .interrupted, prefix + "interrupted",
                remedy: "what was committed by then stays; nothing half done was left")
        case WaitEnded.timedOut:
            self.init(
                .timedOut, prefix + "it took longer than it may", remedy: "try again; what was committed by then stays")
        case let error as CatalogError:
            switch error {
            case .unsettled:
                self.init(
                    .unsettled, prefix + error.description,
                    remedy:
                        "look after the disk, then give the same command again: it makes durable what is there first, "
                        + "and says what it found")
            case .damaged, .notIndex: self.init(.indexDamaged, prefix + error.description, remedy: Self.restoreRemedy)
            case .database:
                self.init(
                    .storage, prefix + error.description,
                    remedy:
                        "look after the disk: its space, quotas, what one file may have (ulimit -f), the kernel's log")
            default: self.init(.storage, prefix + error.description)
            }
        case let error as CocoaError:
            let path = (error.userInfo[NSFilePathErrorKey] as? String) ?? (error.userInfo[NSURLErrorKey] as? URL)?.path
            self.init(
                .storage, "\(prefix)\(path.map { "\($0): " } ?? "")\(error.localizedDescription)",
                remedy: "check the directory: whether it is there, and can be written")
        default: self.init(.storage, prefix + String(describing: error))
        }
    }

    private static let restoreRemedy: Remedy =
        "\(verb: .reconcile) and \(verb: .verify) name what was altered: restore it from a backup"
}

public import Vault

/// What people do with an archive, a room a subject. The rooms stand in the order in which they may know each other:
/// one knows those above it.
extension Session {
    public var holds: Holds { Holds(self) }
    public var policies: Policies { Policies(self) }
    public var intake: Intake { Intake(self) }
    public var destruction: Destruction { Destruction(self) }
    public var retrieval: Retrieval { Retrieval(self) }
    public var audit: Audit { Audit(self) }
    public var people: People { People(self) }
    public var overview: Overview { Overview(self) }
}

public import Catalog
public import Testing

/// A promise that every engine keeps, tried on an empty database.
///
/// A test of an engine is one line for all of them:
///
///     @Test(arguments: EngineCheck.all) func keeps(_ check: EngineCheck) throws { try check.run(on: MyEngine()) }
public struct EngineCheck: Sendable, CustomTestStringConvertible {
    public let name: String
    private let body: @Sendable (any Engine) throws -> Void

    /// Records an issue where the engine does not keep the promise.
    public func run(on engine: any Engine) throws { try body(engine) }

    public var testDescription: String { name }

    public static let all = transactions + records + rules

    private static let transactions = [
        EngineCheck(name: "whatIsCommittedIsThere") { try TransactionChecks($0).whatIsCommittedIsThere() },
        EngineCheck(name: "whatThrowsLeavesNothing") { try TransactionChecks($0).whatThrowsLeavesNothing() },
        EngineCheck(name: "aMarkTakesBackWhatCameAfterIt") {
            try TransactionChecks($0).aMarkTakesBackWhatCameAfterIt()
        },
        EngineCheck(name: "aTransactionGoesOnAfterAFailedStatement") {
            try TransactionChecks($0).aTransactionGoesOnAfterAFailedStatement()
        },
        EngineCheck(name: "changesAreCounted") { try TransactionChecks($0).changesAreCounted() },
        EngineCheck(name: "aReadSeesOneState") { try TransactionChecks($0).aReadSeesOneState() },
        EngineCheck(name: "whatIsNotCommittedIsNotSeen") { try TransactionChecks($0).whatIsNotCommittedIsNotSeen() },
        EngineCheck(name: "writersTakeTurns") { try TransactionChecks($0).writersTakeTurns() },
        EngineCheck(name: "errorsSayWhatIsWrong") { try TransactionChecks($0).errorsSayWhatIsWrong() },
        EngineCheck(name: "whatIsPutOffIsSeenAtTheCommit") {
            try TransactionChecks($0).whatIsPutOffIsSeenAtTheCommit()
        },
        EngineCheck(name: "valuesComeBackAsTheyWere") { try TransactionChecks($0).valuesComeBackAsTheyWere() },
        EngineCheck(name: "textIsOrderedByItsBytes") { try TransactionChecks($0).textIsOrderedByItsBytes() },
    ]

    private static let rules = RuleChecks.forbidden.map { statement in
        EngineCheck(name: "isRefused(\(statement))") { try RuleChecks($0).isRefused(statement) }
    }

    private static let records = [
        EngineCheck(name: "whatIsWrittenIsReadBack") { try RecordChecks($0).whatIsWrittenIsReadBack() },
        EngineCheck(name: "aVerificationEndsAndForgetsItsToken") {
            try RecordChecks($0).aVerificationEndsAndForgetsItsToken()
        },
        EngineCheck(name: "aCaseIsCompletedInPlace") { try RecordChecks($0).aCaseIsCompletedInPlace() },
        EngineCheck(name: "namesAreTakenOnce") { try RecordChecks($0).namesAreTakenOnce() },
        EngineCheck(name: "keysUnderAnEpochThatIsNotOpenAreRefused(2)") {
            try RecordChecks($0).keysUnderAnEpochThatIsNotOpenAreRefused(epoch: 2)
        },
        EngineCheck(name: "keysUnderAnEpochThatIsNotOpenAreRefused(3)") {
            try RecordChecks($0).keysUnderAnEpochThatIsNotOpenAreRefused(epoch: 3)
        },
        EngineCheck(name: "aTransactionIsAllOrNothing") { try RecordChecks($0).aTransactionIsAllOrNothing() },
        EngineCheck(name: "pagesAreStableWhileCasesArrive") { try RecordChecks($0).pagesAreStableWhileCasesArrive() },
        EngineCheck(name: "whatWaitsComesByDeadline") { try RecordChecks($0).whatWaitsComesByDeadline() },
        EngineCheck(name: "theSameContentInTwoCasesIsSeen") { try RecordChecks($0).theSameContentInTwoCasesIsSeen() },
        EngineCheck(name: "countsAreThoseOfEverythingCounted") {
            try RecordChecks($0).countsAreThoseOfEverythingCounted()
        },
        EngineCheck(name: "aWalkThroughTheObjectsMeetsEachOnce") {
            try RecordChecks($0).aWalkThroughTheObjectsMeetsEachOnce()
        },
        EngineCheck(name: "entriesAreNumberedAndKeptByteForByte") {
            try LedgerChecks($0).entriesAreNumberedAndKeptByteForByte()
        },
        EngineCheck(name: "aTransactionThatFailsLeavesNoEntry") {
            try LedgerChecks($0).aTransactionThatFailsLeavesNoEntry()
        },
        EngineCheck(name: "filtersMeetEveryEntryOnce") { try LedgerChecks($0).filtersMeetEveryEntryOnce() },
        EngineCheck(name: "actorsOriginsAndAccessesAreReadBack") {
            try LedgerChecks($0).actorsOriginsAndAccessesAreReadBack()
        },
        EngineCheck(name: "factsAreThoseThatWereWritten") { try RetentionChecks($0).factsAreThoseThatWereWritten() },
        EngineCheck(name: "selectionsFindEachObjectOnce") { try RetentionChecks($0).selectionsFindEachObjectOnce() },
        EngineCheck(name: "countsFollowEveryChange") { try RetentionChecks($0).countsFollowEveryChange() },
        EngineCheck(name: "whatIsDestroyedIsGoneAndItsBlobIsNoted") {
            try RetentionChecks($0).whatIsDestroyedIsGoneAndItsBlobIsNoted()
        },
        EngineCheck(name: "setsOfPoliciesFollowEachOther") { try RetentionChecks($0).setsOfPoliciesFollowEachOther() },
        EngineCheck(name: "tagsOfWhatIsGoneAreKeptForATime") {
            try RetentionChecks($0).tagsOfWhatIsGoneAreKeptForATime()
        },
        EngineCheck(name: "notesOfTheArchiveAreKept") { try RetentionChecks($0).notesOfTheArchiveAreKept() },
        EngineCheck(name: "aPermitIsGoodForItsTransaction") {
            try RetentionChecks($0).aPermitIsGoodForItsTransaction()
        },
        EngineCheck(name: "compactionKeepsWhatIsThere") { try RetentionChecks($0).compactionKeepsWhatIsThere() },
        EngineCheck(name: "pinsAreWhatTheClausesSay") { try HoldChecks($0).pinsAreWhatTheClausesSay() },
        EngineCheck(name: "whatIsUndoneTakesNothingIn") { try HoldChecks($0).whatIsUndoneTakesNothingIn() },
        EngineCheck(name: "casesAreExpectedByTheirTags") { try HoldChecks($0).casesAreExpectedByTheirTags() },
        EngineCheck(name: "whoeverFailsFailsAlone") { try WritingChecks($0).whoeverFailsFailsAlone() },
        EngineCheck(name: "whatContradictsItselfAtTheEndFailsAlone") {
            try WritingChecks($0).whatContradictsItselfAtTheEndFailsAlone()
        },
        EngineCheck(name: "whoWritesAgainComesBehindWhoWaits") {
            try WritingChecks($0).whoWritesAgainComesBehindWhoWaits()
        },
    ]
}

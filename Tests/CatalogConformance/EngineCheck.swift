public import Catalog
public import Testing

/// A promise that every engine keeps, tried on an empty database.
///
/// A test of an engine is one line for all of them:
///
///     @Test(arguments: EngineCheck.all) func keeps(_ check: EngineCheck) throws {
///         try check.run(on: MyEngine(path), beside: MyEngine(path))
///     }
public struct EngineCheck: Sendable, CustomTestStringConvertible {
    public let name: String
    private let body: @Sendable (_ engine: any Engine, _ other: any Engine) throws -> Void

    /// Records an issue where the engine does not keep the promise.
    ///
    /// - Parameter other: another that has the same database open, as another process would.
    public func run(on engine: any Engine, beside other: any Engine) throws { try body(engine, other) }

    public var testDescription: String { name }

    public static let all = transactions + records + rules

    private static let transactions = [
        EngineCheck(name: "whatIsCommittedIsThere") { try TransactionChecks($0, $1).whatIsCommittedIsThere() },
        EngineCheck(name: "whatThrowsLeavesNothing") { try TransactionChecks($0, $1).whatThrowsLeavesNothing() },
        EngineCheck(name: "aMarkTakesBackWhatCameAfterIt") {
            try TransactionChecks($0, $1).aMarkTakesBackWhatCameAfterIt()
        },
        EngineCheck(name: "aTransactionGoesOnAfterAFailedStatement") {
            try TransactionChecks($0, $1).aTransactionGoesOnAfterAFailedStatement()
        },
        EngineCheck(name: "changesAreCounted") { try TransactionChecks($0, $1).changesAreCounted() },
        EngineCheck(name: "aReadSeesOneState") { try TransactionChecks($0, $1).aReadSeesOneState() },
        EngineCheck(name: "whatIsNotCommittedIsNotSeen") {
            try TransactionChecks($0, $1).whatIsNotCommittedIsNotSeen()
        },
        EngineCheck(name: "writersTakeTurns") { try TransactionChecks($0, $1).writersTakeTurns() },
        EngineCheck(name: "aWaitEndsWithItsLimit") { try TransactionChecks($0, $1).aWaitEndsWithItsLimit() },
        EngineCheck(name: "aWaitForOneselfEndsWithItsLimit") {
            try TransactionChecks($0, $1).aWaitForOneselfEndsWithItsLimit()
        },
        EngineCheck(name: "errorsSayWhatIsWrong") { try TransactionChecks($0, $1).errorsSayWhatIsWrong() },
        EngineCheck(name: "whatIsPutOffIsSeenAtTheCommit") {
            try TransactionChecks($0, $1).whatIsPutOffIsSeenAtTheCommit()
        },
        EngineCheck(name: "valuesComeBackAsTheyWere") { try TransactionChecks($0, $1).valuesComeBackAsTheyWere() },
        EngineCheck(name: "textIsOrderedByItsBytes") { try TransactionChecks($0, $1).textIsOrderedByItsBytes() },
    ]

    private static let rules = RuleChecks.forbidden.map { statement in
        EngineCheck(name: "isRefused(\(statement))") { engine, _ in try RuleChecks(engine).isRefused(statement) }
    }

    private static let records = [
        EngineCheck(name: "whatIsWrittenIsReadBack") { engine, _ in try RecordChecks(engine).whatIsWrittenIsReadBack()
        },
        EngineCheck(name: "aVerificationEndsAndItsTokenFollows") { engine, _ in
            try RecordChecks(engine).aVerificationEndsAndItsTokenFollows()
        },
        EngineCheck(name: "aCaseIsCompletedInPlace") { engine, _ in try RecordChecks(engine).aCaseIsCompletedInPlace()
        },
        EngineCheck(name: "namesAreTakenOnce") { engine, _ in try RecordChecks(engine).namesAreTakenOnce() },
        EngineCheck(name: "keysUnderAnEpochThatIsNotOpenAreRefused(2)") { engine, _ in
            try RecordChecks(engine).keysUnderAnEpochThatIsNotOpenAreRefused(epoch: 2)
        },
        EngineCheck(name: "keysUnderAnEpochThatIsNotOpenAreRefused(3)") { engine, _ in
            try RecordChecks(engine).keysUnderAnEpochThatIsNotOpenAreRefused(epoch: 3)
        },
        EngineCheck(name: "aTransactionIsAllOrNothing") { engine, _ in
            try RecordChecks(engine).aTransactionIsAllOrNothing()
        },
        EngineCheck(name: "pagesAreStableWhileCasesArrive") { engine, _ in
            try RecordChecks(engine).pagesAreStableWhileCasesArrive()
        },
        EngineCheck(name: "whatWaitsComesByDeadline") { engine, _ in try RecordChecks(engine).whatWaitsComesByDeadline()
        },
        EngineCheck(name: "theSameContentInTwoCasesIsSeen") { engine, _ in
            try RecordChecks(engine).theSameContentInTwoCasesIsSeen()
        },
        EngineCheck(name: "countsAreThoseOfEverythingCounted") { engine, _ in
            try RecordChecks(engine).countsAreThoseOfEverythingCounted()
        },
        EngineCheck(name: "aWalkThroughTheObjectsMeetsEachOnce") { engine, _ in
            try RecordChecks(engine).aWalkThroughTheObjectsMeetsEachOnce()
        },
        EngineCheck(name: "entriesAreNumberedAndKeptByteForByte") { engine, _ in
            try LedgerChecks(engine).entriesAreNumberedAndKeptByteForByte()
        },
        EngineCheck(name: "strandsLeadFromTheirEndToTheirBeginning") { engine, _ in
            try LedgerChecks(engine).strandsLeadFromTheirEndToTheirBeginning()
        },
        EngineCheck(name: "anotherRootIsNotExtended") { engine, _ in
            try LedgerChecks(engine).anotherRootIsNotExtended()
        },
        EngineCheck(name: "aTransactionThatFailsLeavesNoEntry") { engine, _ in
            try LedgerChecks(engine).aTransactionThatFailsLeavesNoEntry()
        },
        EngineCheck(name: "filtersMeetEveryEntryOnce") { engine, _ in
            try LedgerChecks(engine).filtersMeetEveryEntryOnce()
        },
        EngineCheck(name: "actorsOriginsAndAccessesAreReadBack") { engine, _ in
            try LedgerChecks(engine).actorsOriginsAndAccessesAreReadBack()
        },
        EngineCheck(name: "tagsFollowWhatIsChanged") { engine, _ in try TagChecks(engine).tagsFollowWhatIsChanged() },
        EngineCheck(name: "whatWasAlteredIsNotExtended") { engine, _ in
            try TagChecks(engine).whatWasAlteredIsNotExtended()
        },
        EngineCheck(name: "factsAreThoseThatWereWritten") { engine, _ in
            try RetentionChecks(engine).factsAreThoseThatWereWritten()
        },
        EngineCheck(name: "selectionsFindEachObjectOnce") { engine, _ in
            try RetentionChecks(engine).selectionsFindEachObjectOnce()
        },
        EngineCheck(name: "countsFollowEveryChange") { engine, _ in
            try RetentionChecks(engine).countsFollowEveryChange()
        },
        EngineCheck(name: "whatIsDestroyedIsGoneAndItsBlobIsNoted") { engine, _ in
            try RetentionChecks(engine).whatIsDestroyedIsGoneAndItsBlobIsNoted()
        },
        EngineCheck(name: "setsOfPoliciesFollowEachOther") { engine, _ in
            try RetentionChecks(engine).setsOfPoliciesFollowEachOther()
        },
        EngineCheck(name: "tagsOfWhatIsGoneAreKeptForATime") { engine, _ in
            try RetentionChecks(engine).tagsOfWhatIsGoneAreKeptForATime()
        },
        EngineCheck(name: "notesOfTheArchiveAreKept") { engine, _ in
            try RetentionChecks(engine).notesOfTheArchiveAreKept()
        },
        EngineCheck(name: "aPermitIsGoodForItsTransaction") { engine, _ in
            try RetentionChecks(engine).aPermitIsGoodForItsTransaction()
        },
        EngineCheck(name: "compactionKeepsWhatIsThere") { engine, _ in
            try RetentionChecks(engine).compactionKeepsWhatIsThere()
        },
        EngineCheck(name: "pinsAreWhatTheClausesSay") { engine, _ in try HoldChecks(engine).pinsAreWhatTheClausesSay()
        },
        EngineCheck(name: "whatIsUndoneTakesNothingIn") { engine, _ in
            try HoldChecks(engine).whatIsUndoneTakesNothingIn()
        },
        EngineCheck(name: "casesAreExpectedByTheirTags") { engine, _ in
            try HoldChecks(engine).casesAreExpectedByTheirTags()
        },
        EngineCheck(name: "whatTheLedgerDoesNotSayIsRefused") { engine, _ in
            try WritingChecks(engine).whatTheLedgerDoesNotSayIsRefused()
        },
        EngineCheck(name: "whoIsUrgentComesFirst") { engine, _ in try WritingChecks(engine).whoIsUrgentComesFirst() },
        EngineCheck(name: "standingsAheadAreWrittenWhereNobodyDecidedSince") { engine, _ in
            try RetentionChecks(engine).standingsAheadAreWrittenWhereNobodyDecidedSince()
        },
        EngineCheck(name: "timesOfStandingsAreStable") { engine, _ in
            try RetentionChecks(engine).timesOfStandingsAreStable()
        },
        EngineCheck(name: "whoeverFailsFailsAlone") { engine, _ in try WritingChecks(engine).whoeverFailsFailsAlone() },
        EngineCheck(name: "whatContradictsItselfAtTheEndFailsAlone") { engine, _ in
            try WritingChecks(engine).whatContradictsItselfAtTheEndFailsAlone()
        },
        EngineCheck(name: "whoWritesAgainComesBehindWhoWaits") { engine, _ in
            try WritingChecks(engine).whoWritesAgainComesBehindWhoWaits()
        },
    ]
}

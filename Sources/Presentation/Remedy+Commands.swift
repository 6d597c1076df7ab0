package import Base

extension Remedy {
    /// As this command line calls it.
    package var words: String { sentence(verb: { "strongroom \($0.command)" }, input: \.option) }
}

extension Remedy.Verb {
    /// The words behind `strongroom`.
    package var command: String {
        switch self {
        case .initialize: "init"
        case .status: "status"
        case .verify: "verify"
        case .pull: "pull"
        case .caseList: "case list"
        case .caseShow: "case show"
        case .caseReopen: "case reopen"
        case .caseConfirm: "case confirm"
        case .caseCorrect: "case correct"
        case .explain: "explain CASE"
        case .purgePlan: "purge plan"
        case .purgeApply: "purge apply"
        case .purgeRun: "purge run"
        case .certificate: "purge certificate"
        case .acceptClock: "clock accept"
        case .holdPlace: "hold place"
        case .holdExtend: "hold extend"
        case .holdRelease: "hold release"
        case .holdWithdraw: "hold withdraw"
        case .holdList: "hold list"
        case .holdShow: "hold show"
        case .holdReport: "hold report"
        case .policyList: "policy list"
        case .policyTerms: "policy terms"
        case .policyRefresh: "policy refresh"
        case .auditLog: "audit log"
        case .auditCheckpoint: "audit checkpoint"
        case .auditExport: "audit export"
        case .auditProve: "audit prove"
        case .acceptFork: "audit accept-fork"
        case .reconcile: "audit reconcile"
        case .tokenCreate: "token create"
        case .tokenList: "token list"
        case .requests: "requests"
        case .requestShow: "requests show"
        }
    }
}

extension Remedy.Input {
    /// The option, with the variable of the environment that stands for it.
    package var option: String {
        switch self {
        case .archive: "--archive or STRONGROOM_ARCHIVE"
        case .rootKeyFile: "--root-key-file or STRONGROOM_ROOT_KEY_FILE"
        case .passphraseFile: "--passphrase-file or STRONGROOM_PASSPHRASE_FILE"
        case .token: "--token-file or STRONGROOM_TOKEN"
        case .secondToken: "--second-token-file"
        case .unread: "--unread"
        case .config: "--config"
        case .credentialsFile: "--credentials-file"
        case .caseID: "--case"
        case .caseList: "--cases"
        case .expression: "--where"
        case .reviewBy: "--review-by"
        case .capturedAt: "--captured-at"
        case .tokenIssuedAt: "--token-issued-at"
        case .acceptImpact: "--accept-impact"
        case .verifierKey: "--verifier-key"
        case .actor, .subject, .purpose, .jurisdiction, .consent, .age, .region, .media, .verification, .at, .correct,
            .withdraw, .after, .everything, .revision, .reason, .role, .expires, .kind, .request, .entry, .since,
            .checkpoint:
            "--\(rawValue)"
        }
    }
}

internal import Base
@_spi(Writing) import Catalog

/// An index that runs each body of a write twice, and takes the first run back: a body may be run again, and must come
/// to the same.
struct Subject: Sendable {
    let index: Index

    init(_ engine: any Engine) { index = Index(engine, requiresEntries: false) }

    private struct TakenBack: Error {}

    func read<Result>(_ body: (IndexReader) throws -> Result) throws -> Result { try index.read(body) }

    func write<Result>(_ body: (IndexWriter) throws -> Result) throws -> Result {
        do {
            try index.write { writer in
                _ = try body(writer)
                throw TakenBack()
            }
        } catch is TakenBack {}
        return try index.write(body)
    }

    func eraseResidue() throws -> Bool { try index.eraseResidue() }

    func compact(until limit: WaitLimit = .none) throws -> (before: UInt64, after: UInt64) {
        try index.compact(until: limit)
    }
}

import CHnswlib
import Testing

/// The C interface to hnswlib.
@Suite struct GraphFileTests {
    private let dim = 12

    private func rows(_ count: Int) -> [Float] {
        var dice = Dice(1)
        return (0..<count).flatMap { _ in dice.unitVector(dim) }
    }

    private func add(_ index: OpaquePointer, _ rows: [Float], first: Int = 0, dim: Int? = nil, threads: UInt32 = 1) -> vt_hnsw_status {
        let width = dim ?? self.dim
        return rows.withUnsafeBufferPointer { values in
            let count = values.count / width
            let block = vt_hnsw_block(rows: values.baseAddress, count: count, dim: width)
            return withUnsafePointer(to: block) { vt_hnsw_add_rows(index, $0, 1, UInt32(first), UInt32(count - first), threads, nil, 0) }
        }
    }

    private func filled(_ count: Int, threads: UInt32 = 1) throws -> OpaquePointer {
        var index: OpaquePointer?
        #expect(vt_hnsw_make(UInt32(dim), UInt32(count), 16, 100, &index, nil, 0) == VT_HNSW_OK)
        let made = try #require(index)
        #expect(add(made, rows(count), threads: threads) == VT_HNSW_OK)
        return made
    }

    private func search(
        _ index: OpaquePointer, _ query: [Float], k: Int, allowed: [UInt8]? = nil, effort: UnsafeMutablePointer<vt_hnsw_effort>? = nil
    ) -> [UInt32] {
        var hits = [vt_hnsw_hit](repeating: vt_hnsw_hit(), count: k)
        var count: UInt32 = 0
        #expect(vt_hnsw_search(index, query, UInt32(k), 200, allowed, allowed?.count ?? 0, nil, 0, &hits, &count, effort, nil, 0) == VT_HNSW_OK)
        return hits.prefix(Int(count)).map(\.label)
    }

    @Test func aSavedIndexAnswersTheSame() throws {
        let folder = try TemporaryFolder()
        let index = try filled(500)
        defer { vt_hnsw_free(index) }
        #expect(vt_hnsw_save(index, folder.path + "/i", nil, 0) == VT_HNSW_OK)
        var loaded: OpaquePointer?
        #expect(vt_hnsw_load(folder.path + "/i", UInt32(dim), 500, 600, &loaded, nil, 0) == VT_HNSW_OK)
        let again = try #require(loaded)
        defer { vt_hnsw_free(again) }
        var dice = Dice(2)
        for _ in 0..<20 {
            let query = dice.unitVector(dim)
            #expect(search(index, query, k: 10) == search(again, query, k: 10))
        }
    }

    @Test func anIndexOfAnotherShapeIsRefused() throws {
        let folder = try TemporaryFolder()
        let index = try filled(100)
        defer { vt_hnsw_free(index) }
        let path = folder.path + "/i"
        #expect(vt_hnsw_save(index, path, nil, 0) == VT_HNSW_OK)
        var loaded: OpaquePointer?
        #expect(vt_hnsw_load(path, UInt32(dim + 1), 100, 100, &loaded, nil, 0) == VT_HNSW_INVALID)
        #expect(vt_hnsw_load(path, UInt32(dim), 99, 100, &loaded, nil, 0) == VT_HNSW_INVALID)
        #expect(vt_hnsw_load(folder.path + "/none", UInt32(dim), 100, 100, &loaded, nil, 0) == VT_HNSW_CORRUPT)
        #expect(loaded == nil)
    }

    @Test func deletedAndFilteredRowsAreNotFound() throws {
        let index = try filled(400)
        defer { vt_hnsw_free(index) }
        var dice = Dice(3)
        let query = dice.unitVector(dim)
        let before = search(index, query, k: 10)
        #expect(vt_hnsw_mark_deleted(index, before[0], nil, 0) == VT_HNSW_OK)
        #expect(vt_hnsw_mark_deleted(index, before[0], nil, 0) == VT_HNSW_INVALID)
        #expect(Array(search(index, query, k: 9)) == Array(before.dropFirst()))
        #expect(vt_hnsw_deleted(index) == 1)
        let allowed = (0..<400).map { UInt8($0 % 2) }
        let odd = search(index, query, k: 10, allowed: allowed)
        #expect(odd.count == 10 && odd.allSatisfy { $0 % 2 == 1 })
    }

    @Test func whereFewRowsAreAllowedEachOfThemIsLookedAt() throws {
        let index = try filled(30_000, threads: 2)
        defer { vt_hnsw_free(index) }
        var dice = Dice(4)
        let query = dice.unitVector(dim)
        var effort = vt_hnsw_effort()
        var allowed = [UInt8](repeating: 0, count: 30_000)
        for row in stride(from: 5, to: 30_000, by: 300) { allowed[row] = 1 }
        #expect(search(index, query, k: 10, allowed: allowed, effort: &effort).count == 10)
        #expect(effort.scanned == 1 && effort.compared == 100)
        _ = search(index, query, k: 10, effort: &effort)
        #expect(effort.scanned == 0 && effort.compared < 15_000)
        // Many rows are allowed, but all of them far from the query: the walk gives up and looks at them.
        let far = (0..<30_000).map { row -> UInt8 in rows30k.score(row, query) < -0.2 ? 1 : 0 }
        let right = (0..<30_000).filter { far[$0] == 1 }.max { rows30k.score($0, query) < rows30k.score($1, query) }
        #expect(search(index, query, k: 1, allowed: far).first == right.map(UInt32.init))
    }

    private var rows30k: Rows { Rows(values: Self.many, dim: dim) }
    private static let many: [Float] = {
        var dice = Dice(1)
        return (0..<30_000).flatMap { _ in dice.unitVector(12) }
    }()
    private struct Rows {
        let values: [Float]
        let dim: Int
        func score(_ row: Int, _ query: [Float]) -> Float { (0..<dim).reduce(0) { $0 + values[row * dim + $1] * query[$1] } }
    }

    @Test func limitsAreKeptAndNumbersMustBeFinite() throws {
        var index: OpaquePointer?
        #expect(vt_hnsw_make(0, 1, 16, 100, &index, nil, 0) == VT_HNSW_INVALID)
        let full = try filled(3)
        defer { vt_hnsw_free(full) }
        #expect(add(full, rows(4), first: 3) == VT_HNSW_FULL)
        #expect(vt_hnsw_reserve(full, 5, nil, 0) == VT_HNSW_OK)
        #expect(add(full, rows(3)) == VT_HNSW_INVALID, "the rows are there already")
        #expect(add(full, rows(4), first: 3, dim: dim - 1) == VT_HNSW_INVALID)
        var bad = rows(4)
        bad[3 * dim] = .nan
        #expect(add(full, bad, first: 3) == VT_HNSW_INVALID)
        #expect(add(full, rows(4), first: 3) == VT_HNSW_OK)
        #expect(search(full, [Float](repeating: 0, count: dim), k: 10).count == 4)
    }
}

import CHnswlib
import Foundation
import Testing

@testable import Catalog

/// The C interface to hnswlib: what the catalogue does not use yet is kept working too.
@Suite struct GraphFileTests {
    private let dim = 12

    private func filled(_ rows: Int) throws -> OpaquePointer {
        var index: OpaquePointer?
        #expect(vt_hnsw_make(UInt32(dim), UInt32(rows), 16, 100, &index, nil, 0) == VT_HNSW_OK)
        let made = try #require(index)
        var dice = Dice(1)
        for row in 0..<rows { #expect(vt_hnsw_add(made, UInt32(row), dice.unitVector(dim), nil, 0) == VT_HNSW_OK) }
        return made
    }

    private func search(_ index: OpaquePointer, _ query: [Float], k: Int, allowed: [UInt8]? = nil) -> [UInt32] {
        var hits = [vt_hnsw_hit](repeating: vt_hnsw_hit(), count: k)
        var count: UInt32 = 0
        #expect(vt_hnsw_search(index, query, UInt32(k), 200, allowed, allowed?.count ?? 0, &hits, &count, nil, 0) == VT_HNSW_OK)
        return hits.prefix(Int(count)).map(\.label)
    }

    @Test func aSavedIndexAnswersTheSame() throws {
        let folder = try TemporaryFolder()
        let index = try filled(500)
        defer { vt_hnsw_free(index) }
        #expect(vt_hnsw_save(index, folder.path + "/i", nil, 0) == VT_HNSW_OK)
        var loaded: OpaquePointer?
        #expect(vt_hnsw_load(folder.path + "/i", UInt32(dim), 500, &loaded, nil, 0) == VT_HNSW_OK)
        let again = try #require(loaded)
        defer { vt_hnsw_free(again) }
        var dice = Dice(2)
        for _ in 0..<20 {
            let query = dice.unitVector(dim)
            #expect(search(index, query, k: 10) == search(again, query, k: 10))
        }
    }

    @Test func aDamagedIndexIsRefused() throws {
        let folder = try TemporaryFolder()
        let index = try filled(100)
        defer { vt_hnsw_free(index) }
        let path = folder.path + "/i"
        #expect(vt_hnsw_save(index, path, nil, 0) == VT_HNSW_OK)
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        bytes[bytes.count / 2] ^= 1
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        var loaded: OpaquePointer?
        var reason = [CChar](repeating: 0, count: 128)
        #expect(vt_hnsw_load(path, UInt32(dim), 100, &loaded, &reason, reason.count) == VT_HNSW_CORRUPT)
        #expect(loaded == nil && String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).contains("damaged"))
        #expect(vt_hnsw_load(folder.path + "/none", UInt32(dim), 100, &loaded, nil, 0) == VT_HNSW_IO)
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
        let allowed = (0..<400).map { UInt8($0 % 2) }
        let odd = search(index, query, k: 10, allowed: allowed)
        #expect(odd.count == 10 && odd.allSatisfy { $0 % 2 == 1 })
    }

    @Test func limitsAreKept() throws {
        var index: OpaquePointer?
        #expect(vt_hnsw_make(0, 1, 16, 100, &index, nil, 0) == VT_HNSW_INVALID)
        let full = try filled(3)
        defer { vt_hnsw_free(full) }
        #expect(vt_hnsw_add(full, 3, [Float](repeating: 0, count: dim), nil, 0) == VT_HNSW_FULL)
        #expect(search(full, [Float](repeating: 0, count: dim), k: 10).count == 3)
    }
}

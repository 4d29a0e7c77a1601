import Catalog
import Foundation
import Fusion
import Locks

/// A generator whose numbers depend on its seed alone.
struct Dice {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_F491_4F6C_DD1D
    }

    mutating func below(_ bound: Int) -> Int { Int(next() >> 33) % bound }
    /// In [-1, 1).
    mutating func float() -> Float { Float(Int32(truncatingIfNeeded: next() >> 32)) / 2_147_483_648 }
    mutating func pick<T>(_ items: [T]) -> T { items[below(items.count)] }

    mutating func unitVector(_ dim: Int) -> [Float] {
        let values = (0..<dim).map { _ in float() + float() + float() }
        return Feature(modality: "", spaceID: "", values: values).normalised().values
    }
}

/// A folder that is gone after the test.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/catalog-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: path) } catch { print("left behind: \(path): \(error)") }
    }

    func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        let file = URL(fileURLWithPath: path + "/" + name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
    }
}

/// An encoder whose vectors depend on the bytes alone, and which counts what it is asked.
final class FakeEncoder: FeatureSource {
    struct Tally: Sendable {
        var texts = 0
        var images = 0
    }
    private let tally = Lock(Tally())
    let textSpace: String
    let broken: Bool

    init(textSpace: String = "fake-text", broken: Bool = false) {
        self.textSpace = textSpace
        self.broken = broken
    }

    var asked: Tally { tally.withLock { $0 } }

    struct Refused: Error, CustomStringConvertible { let description: String }

    func embedText(_ text: String) async throws -> Feature {
        tally.withLock { $0.texts += 1 }
        if broken { throw Refused(description: "no model") }
        if text.contains("unreadable") { throw Refused(description: "cannot be read") }
        var dice = Dice(seed(Array(text.utf8)))
        return Feature(modality: "text", spaceID: textSpace, values: dice.unitVector(16))
    }

    func embedImage(_ file: [UInt8]) async throws -> Feature {
        tally.withLock { $0.images += 1 }
        if broken || file.starts(with: Array("broken".utf8)) { throw Refused(description: "not a picture") }
        var dice = Dice(seed(file))
        return Feature(modality: "image", spaceID: "fake-image", values: dice.unitVector(32))
    }

    private func seed(_ bytes: [UInt8]) -> UInt64 { bytes.reduce(5381) { ($0 &* 33) ^ UInt64($1) } }
}

let customer = Principal(user: "mia", shop: "test")
let other = Principal(user: "noor", shop: "test")
let admin = Principal(user: "boss", shop: "test", scopes: [Principal.adminScope])
let stranger = Principal(user: "mia", shop: "elsewhere", scopes: [Principal.adminScope])

/// The code of the store error that `body` throws; nil when it throws none.
func code(_ body: () async throws -> Void) async -> StoreError.Code? {
    do {
        try await body()
        return nil
    } catch let error as StoreError {
        return error.code
    } catch {
        return .internal
    }
}

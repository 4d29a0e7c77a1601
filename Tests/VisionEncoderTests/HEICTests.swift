import Foundation
import ImageDecoding
import Testing

@Suite("HEIC pictures")
struct HEICTests {
    static func file(_ name: String) throws -> [UInt8] {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/\(name)").path
        return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    @Test("a telephone's picture comes out as it was put in")
    func pixels() throws {
        let image = try decoded(Self.file("gradient.heic"))
        #expect((image.width, image.height) == (96, 64))
        let expected = Pictures.gradient(width: 96, height: 64)
        let off = zip(image.rgb, expected).map { abs(Int($0) - Int($1)) }
        #expect(off.reduce(0, +) / off.count < 4)
    }

    @Test("transparent places are white")
    func transparency() throws {
        let image = try decoded(Self.file("half-clear.heic"))
        for y in 0..<64 { #expect(Array(image.rgb[(y * 96 + 60) * 3..<(y * 96 + 96) * 3]).allSatisfy { $0 == 255 }, "row \(y)") }
        #expect(image.rgb[(40 * 96 + 4) * 3] < 40)
    }

    @Test("every cut is refused, every flipped byte refused or decoded within the limits")
    func damage() throws {
        let file = try Self.file("gradient.heic")
        for length in stride(from: 0, to: file.count - 1, by: 13) {
            #expect(throws: ImageError.self, "\(length) of \(file.count) bytes") { try decoded(Array(file[..<length])) }
        }
        let small = ImageLimits(bytesMax: 1 << 20, pixelsMax: 10_000, sidePixelsMax: 200)
        flippedBytesAreBounded(file, step: 5, limits: small)
    }

    @Test("a picture that says it is vast is refused by its header")
    func bomb() throws {
        var file = try Self.file("gradient.heic")
        let place = try #require(file.indices.first { file[$0...].starts(with: Array("ispe".utf8)) })
        // Version and flags, then width and height.
        file.replaceSubrange((place + 8)..<(place + 16), with: [0, 0, 0x30, 0, 0, 0, 0x30, 0])
        #expect {
            try decoded(file)
        } throws: { error in
            guard case .tooLarge(12_288, 12_288, _)? = error as? ImageError else { return false }
            return true
        }
        file.replaceSubrange((place + 8)..<(place + 16), with: [0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF])
        #expect(throws: ImageError.self) { try decoded(file) }
    }
}

import CImageCodec
import EventLoop
import Foundation
import ImageDecoding
import Testing
import Wire

@testable import Previews

@Suite("Previews")
struct PreviewTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "previews-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder + "/overlays", withIntermediateDirectories: true)
        try write(rgba(), "overlays/red.png", png: true)
        try write(rgba(), "overlays/red.webp", png: false)
        try Data("no picture".utf8).write(to: URL(fileURLWithPath: folder + "/overlays/text.png"))
        try Data([0xFF, 0xD8, 0xFF, 0xE0]).write(to: URL(fileURLWithPath: folder + "/overlays/photo.png"))
    }

    private func rgba() -> [UInt8] { (0..<64).flatMap { _ in [255, 0, 0, 255] as [UInt8] } }

    private func write(_ rgba: [UInt8], _ name: String, png: Bool) throws {
        var (out, length): (UnsafeMutablePointer<UInt8>?, Int) = (nil, 0)
        let result = png ? ic_png_encode(rgba, 8, 8, 4, 8, 0, &out, &length) : ic_webp_encode(rgba, 8, 8, 4, &out, &length)
        #expect(result == IC_OK)
        defer { ic_free(out) }
        try Data(bytes: try #require(out), count: length).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }

    private func photo(_ width: Int, _ height: Int) throws -> [UInt8] {
        try ImageEncoder.png(DecodedImage(width: width, height: height, rgb: [UInt8](repeating: 90, count: width * height * 3)))
    }

    private func drawing(_ limits: PreviewLimits = PreviewLimits()) -> PreviewDrawing { PreviewDrawing(folder: folder, limits: limits) }

    private func decoded(_ file: [UInt8]) throws -> DecodedImage {
        try file.withUnsafeBytes { bytes in
            Result { () throws(ImageError) -> DecodedImage in try ImageDecoder.decode(bytes, fit: .full(sideMax: 8_192)) }
        }.get()
    }

    @Test("the overlay is where it was placed, in PNG and JPEG, from WebP and PNG, also in a smaller preview", arguments: ["red.png", "red.webp"])
    func drawn(name: String) throws {
        let overlay = Overlay(x: 100, y: 40, scale: 4, image: "overlays/\(name)", imageAnchorX: 3.5, imageAnchorY: 3.5)
        for (format, side, share) in [(PreviewFormat.png, 0, 1.0), (.jpeg, 0, 1), (.png, 100, 0.5)] {
            let file = try drawing().file(try photo(200, 80), [overlay], format, sideMax: side)
            #expect(file.starts(with: format == .png ? [0x89, 0x50] : [0xFF, 0xD8]))
            let image = try decoded(file)
            #expect(image.width == Int(200 * share) && image.height == Int(80 * share))
            let middle = (Int(40 * share) * image.width + Int(100 * share)) * 3
            #expect(image.rgb[middle] > 240 && image.rgb[middle + 1] < 20)
            #expect(abs(Int(image.rgb[0]) - 90) < 4)
        }
    }

    @Test("a preview over the limit of bytes is made with fewer pixels")
    func bounded() throws {
        var numbers: UInt64 = 1
        let noise = (0..<300 * 300 * 3).map { _ -> UInt8 in
            numbers = numbers &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: numbers >> 40)
        }
        var limits = PreviewLimits()
        limits.bytesMax = 60_000
        let file = try drawing(limits).file(try ImageEncoder.png(DecodedImage(width: 300, height: 300, rgb: noise)), [], .png, sideMax: 0)
        #expect(file.count <= 60_000)
        #expect(try decoded(file).width < 300)
    }

    @Test(
        "what cannot be drawn is told by name",
        arguments: [
            ("overlays/none.png", StatusCode.notFound), ("../red.png", .failedPrecondition), ("/etc/passwd", .failedPrecondition),
            ("overlays/text.png", .failedPrecondition), ("overlays/photo.png", .failedPrecondition), ("overlays", .failedPrecondition),
        ])
    func refusedOverlay(name: String, code: StatusCode) throws {
        #expect {
            _ = try drawing().file(try photo(10, 10), [Overlay(x: 1, y: 1, scale: 1, image: name)], .png, sideMax: 0)
        } throws: { ($0 as? RPCStatus)?.code == code && "\($0)".contains(name) }
    }

    @Test(
        "a customer's picture that is none is the customer's mistake",
        arguments: [[UInt8](), Array("I am a JPEG".utf8), [0xFF, 0xD8, 0xFF, 0xE0, 1, 2]])
    func refusedPicture(file: [UInt8]) {
        #expect { _ = try drawing().file(file, [], .jpeg, sideMax: 0) } throws: { ($0 as? RPCStatus)?.code == .invalidArgument }
    }

    @Test("an overlay larger than the limits is refused before its pixels are there")
    func hugeOverlay() throws {
        var limits = PreviewLimits()
        limits.overlaySidePixelsMax = 4
        #expect {
            _ = try drawing(limits).file(try photo(10, 10), [Overlay(x: 1, y: 1, scale: 1, image: "overlays/red.webp")], .png, sideMax: 0)
        } throws: { ($0 as? RPCStatus)?.code == .failedPrecondition }
    }
}

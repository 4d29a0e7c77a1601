import ImageDecoding
import Testing

/// Colour profiles (ICC.1:2001-04) of our own making.
private enum Profile {
    static func big(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * (count - 1 - $0))) } }

    private static func fixed(_ value: Double) -> [UInt8] { big(Int((value * 65_536).rounded()), 4) }

    private static func xyz(_ x: Double, _ y: Double, _ z: Double) -> [UInt8] { Array("XYZ ".utf8) + big(0, 4) + fixed(x) + fixed(y) + fixed(z) }

    /// A curve without points: light is in proportion to the numbers.
    private static let straight = Array("curv".utf8) + big(0, 8)

    private static func described(_ name: String) -> [UInt8] {
        Array("desc".utf8) + big(0, 4) + big(name.utf8.count + 1, 4) + Array(name.utf8) + [UInt8](repeating: 0, count: 1 + 78)
    }

    private static func file(space: String, connection: String, class kind: String, _ tags: [(String, [UInt8])]) -> [UInt8] {
        var table = big(tags.count, 4)
        var data: [UInt8] = []
        let start = 128 + 4 + tags.count * 12
        for (name, body) in tags {
            table += Array(name.utf8) + big(start + data.count, 4) + big(body.count, 4)
            data += body + [UInt8](repeating: 0, count: (4 - body.count % 4) % 4)
        }
        var head = big(start + data.count, 4) + big(0, 4) + big(0x0240_0000, 4) + Array((kind + space + connection).utf8)
        head += [UInt8](repeating: 0, count: 12) + Array("acsp".utf8) + [UInt8](repeating: 0, count: 28)
        // The illuminant D50.
        head += fixed(0.9642) + fixed(1) + fixed(0.8249)
        return head + [UInt8](repeating: 0, count: 128 - head.count) + table + data
    }

    /// The primaries of sRGB (adapted to D50) with a straight curve, or one of 2.2.
    static func rgb(_ name: String, gamma: Double? = nil) -> [UInt8] {
        let curve = gamma.map { Array("curv".utf8) + big(0, 4) + big(1, 4) + big(Int($0 * 256), 2) } ?? straight
        return file(
            space: "RGB ", connection: "XYZ ", class: "mntr",
            [
                ("desc", described(name)), ("wtpt", xyz(0.9642, 1, 0.8249)), ("rXYZ", xyz(0.4361, 0.2225, 0.0139)),
                ("gXYZ", xyz(0.3851, 0.7169, 0.0971)), ("bXYZ", xyz(0.1431, 0.0606, 0.7141)), ("rTRC", curve), ("gTRC", curve), ("bTRC", curve),
            ])
    }

    static let grey = file(
        space: "GRAY", connection: "XYZ ", class: "mntr",
        [("desc", described("straight grey")), ("wtpt", xyz(0.9642, 1, 0.8249)), ("kTRC", straight)])

    /// Inks by a table of their 16 corners in Lab: paper is white, and whatever ink there is looks red.
    static let inks: [UInt8] = {
        var table = Array("mft1".utf8) + big(0, 4) + [4, 3, 2, 0]
        for row in 0..<3 { for column in 0..<3 { table += fixed(row == column ? 1 : 0) } }
        for _ in 0..<4 { table += (0...255).map { UInt8($0) } }
        for corner in 0..<16 { table += corner == 0 ? [255, 128, 128] : [136, 208, 195] }
        for _ in 0..<3 { table += (0...255).map { UInt8($0) } }
        return file(
            space: "CMYK", connection: "Lab ", class: "prtr",
            [("desc", described("red inks")), ("wtpt", xyz(0.9642, 1, 0.8249)), ("A2B0", table)])
    }()

    /// The JPEG with the profile in an APP2 segment.
    static func adding(_ profile: [UInt8], toJPEG file: [UInt8]) -> [UInt8] {
        let body = Array("ICC_PROFILE\0".utf8) + [1, 1] + profile
        return file[..<2] + [0xFF, 0xE2] + big(body.count + 2, 2) + body + file[2...]
    }
}

@Suite("Colour profiles")
struct ColourProfileTests {
    private func middle(_ file: [UInt8]) throws -> [UInt8] {
        let image = try decoded(file)
        let place = (image.height / 2 * image.width + image.width / 2) * 3
        return Array(image.rgb[place..<place + 3])
    }

    private func plain(_ pixel: [UInt8]) -> [UInt8] { (0..<256).flatMap { _ in pixel } }

    @Test("a profile is judged by what it does, not by its name", arguments: ["linear sRGB", "camera"])
    func names(_ name: String) throws {
        let file = Pictures.jpeg(plain([128, 128, 128]), 16, 16)
        // Half the light is 188 of 255 in sRGB.
        #expect(try middle(Profile.adding(Profile.rgb(name), toJPEG: file)).allSatisfy { abs(Int($0) - 188) <= 2 })
    }

    @Test("what is nearly sRGB under another name is converted by what little it differs, and sRGB's own numbers stay")
    func nearly() throws {
        let file = Pictures.jpeg(plain([128, 128, 128]), 16, 16)
        #expect(try middle(file) == [128, 128, 128])
        #expect(try middle(Profile.adding(Profile.rgb("camera", gamma: 2.2), toJPEG: file)).allSatisfy { abs(Int($0) - 128) <= 2 })
    }

    @Test("greys have profiles too")
    func grey() throws {
        let samples = [UInt8](repeating: 128, count: 256)
        let file = Pictures.jpeg(samples, 16, 16, components: 1)
        #expect(try middle(file) == [128, 128, 128])
        #expect(try middle(Profile.adding(Profile.grey, toJPEG: file)).allSatisfy { abs(Int($0) - 188) <= 2 })
    }

    @Test("inks are what their profile says; without one, plain arithmetic")
    func inks() throws {
        // As Adobe writes them: 255 is no ink.
        func file(_ pixel: [UInt8]) -> [UInt8] { Pictures.jpeg(plain(pixel), 16, 16, components: 4) }
        let cyan: [UInt8] = [0, 255, 255, 255]
        let simple = try middle(file(cyan))
        #expect(simple[0] < 10 && simple[1] > 245 && simple[2] > 245)
        let printed = try middle(Profile.adding(Profile.inks, toJPEG: file(cyan)))
        #expect(printed[0] > 180 && printed[1] < 80 && printed[2] < 80, "\(printed)")
        #expect(try middle(Profile.adding(Profile.inks, toJPEG: file([255, 255, 255, 255]))).allSatisfy { $0 > 250 })
    }

    @Test("a profile of other channels than the picture's, or one that is damaged, is left alone")
    func others() throws {
        let colour = Pictures.jpeg(plain([128, 128, 128]), 16, 16)
        let grey = Pictures.jpeg([UInt8](repeating: 128, count: 256), 16, 16, components: 1)
        #expect(try middle(Profile.adding(Profile.grey, toJPEG: colour)) == [128, 128, 128])
        #expect(try middle(Profile.adding(Profile.rgb("camera"), toJPEG: grey)) == [128, 128, 128])
        let inks = Pictures.jpeg(plain([0, 255, 255, 255]), 16, 16, components: 4)
        #expect(try middle(Profile.adding(Profile.rgb("camera"), toJPEG: inks)) == middle(inks))
        for cut in [0, 40, 128, 140, 300] {
            #expect(try middle(Profile.adding(Array(Profile.inks.prefix(cut)), toJPEG: inks)) == middle(inks))
            #expect(try middle(Profile.adding(Array(Profile.grey.prefix(cut)), toJPEG: grey)).count == 3)
        }
    }
}

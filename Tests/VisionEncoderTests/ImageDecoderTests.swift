import ImageDecoding
import Testing

@Suite("Decoding pictures")
struct ImageDecoderTests {
    let pixels = Pictures.gradient(width: 40, height: 24)

    @Test("lossless formats give every pixel back")
    func lossless() throws {
        for file in [Pictures.png(pixels, 40, 24), Pictures.png(pixels, 40, 24, interlaced: true), Pictures.webp(pixels, 40, 24)] {
            let image = try decoded(file)
            #expect((image.width, image.height) == (40, 24))
            #expect(image.rgb == pixels)
        }
    }

    @Test("a JPEG, baseline or progressive, is close to what was stored")
    func jpeg() throws {
        // Smooth, so that compression loses little.
        var smooth: [UInt8] = []
        for index in 0..<(40 * 24) { smooth += [UInt8(index % 40 * 6), UInt8(index / 40 * 10), 90] as [UInt8] }
        for progressive in [false, true] {
            let image = try decoded(Pictures.jpeg(smooth, 40, 24, progressive: progressive))
            #expect(difference(image.rgb, smooth) <= 16)
        }
    }

    private func difference(_ a: [UInt8], _ b: [UInt8]) -> Int {
        zip(a, b).map { abs(Int($0) - Int($1)) }.max() ?? 0
    }

    @Test("grey, 16 bits, transparency and CMYK become 8-bit RGB; transparency lies on white")
    func colourModels() throws {
        let grey = (0..<64).map { UInt8($0 * 4) }
        let tripled = grey.flatMap { [$0, $0, $0] }
        #expect(try decoded(Pictures.png(grey, 8, 8, components: 1)).rgb == tripled)
        #expect(try decoded(Pictures.png(grey.flatMap { [$0, $0] }, 8, 8, components: 1, bits: 16)).rgb == tripled)
        #expect(difference(try decoded(Pictures.jpeg(grey, 8, 8, components: 1)).rgb, tripled) < 8)

        let clear: [UInt8] = [10, 20, 30, 0, 10, 20, 30, 255, 0, 0, 0, 128, 255, 0, 0, 51]
        let onWhite: [UInt8] = [255, 255, 255, 10, 20, 30, 127, 127, 127, 255, 204, 204]
        for interlaced in [false, true] {
            #expect(try decoded(Pictures.png(clear, 4, 1, components: 4, interlaced: interlaced)).rgb == onWhite)
        }
        let webp = try decoded(Pictures.webp(clear, 4, 1, components: 4)).rgb
        #expect(webp[..<3] == [255, 255, 255] && Array(webp[3...]) == Array(onWhite[3...]))

        // Adobe stores CMYK inverted: 255 is no ink. Cyan alone takes the red away.
        let cyan = [UInt8](repeating: 0, count: 64).flatMap { _ in [0, 255, 255, 255] as [UInt8] }
        let image = try decoded(Pictures.jpeg(cyan, 8, 8, components: 4))
        let centre = Array(image.rgb[108..<111])
        #expect(centre[0] < 12 && centre[1] > 243 && centre[2] > 243)
    }

    @Test("all eight EXIF orientations are turned upright", arguments: UInt16(1)...8)
    func orientations(_ value: UInt16) throws {
        let (width, height) = (12, 8)
        let stored = Pictures.gradient(width: width, height: height)
        let file = Pictures.adding("eXIf", Pictures.exif(value, bigEndian: value % 2 == 0), toPNG: Pictures.png(stored, width, height))
        let image = try decoded(file)
        #expect((image.width, image.height) == (value >= 5 ? (height, width) : (width, height)))
        #expect((image.originalWidth, image.originalHeight) == (image.width, image.height))
        // Where the upright pixel (x, y) was stored, from the tag's definition of what row 0 and column 0 are.
        for y in 0..<image.height {
            for x in 0..<image.width {
                let from: (Int, Int) =
                    switch value {
                    case 1: (x, y)
                    case 2: (width - 1 - x, y)
                    case 3: (width - 1 - x, height - 1 - y)
                    case 4: (x, height - 1 - y)
                    case 5: (y, x)
                    case 6: (y, height - 1 - x)
                    case 7: (width - 1 - y, height - 1 - x)
                    default: (width - 1 - y, x)
                    }
                let (a, b) = ((y * image.width + x) * 3, (from.1 * width + from.0) * 3)
                #expect(image.rgb[a..<(a + 3)] == stored[b..<(b + 3)])
            }
        }
    }

    @Test("a JPEG's orientation counts before it is squashed")
    func orientationOfJPEG() throws {
        let file = Pictures.adding(exif: Pictures.exif(6), toJPEG: Pictures.jpeg(Pictures.gradient(width: 96, height: 32), 96, 32))
        let image = try decoded(file, .exactly(width: 10, height: 20, kernel: .cubic))
        #expect((image.width, image.height) == (10, 20))
        #expect((image.originalWidth, image.originalHeight) == (32, 96))
        // Turned a quarter clockwise, what grew to the right now grows downwards.
        #expect(image.rgb[0] < 40 && image.rgb[19 * 10 * 3] > 200)
    }

    @Test("nonsense in EXIF is no orientation", arguments: [0, 9, 65535] as [UInt16])
    func badOrientation(_ value: UInt16) throws {
        let stored = Pictures.gradient(width: 6, height: 4)
        #expect(try decoded(Pictures.adding("eXIf", Pictures.exif(value), toPNG: Pictures.png(stored, 6, 4))).rgb == stored)
        for cut in 0..<26 {
            let block = Array(Pictures.exif(6).prefix(cut))
            #expect(try decoded(Pictures.adding(exif: block, toJPEG: Pictures.jpeg(stored, 6, 4))).originalWidth == (cut >= 20 ? 4 : 6))
        }
    }

    @Test("a longer side above the limit of a fit is reduced, in proportion")
    func reduced() throws {
        let pixels = Pictures.gradient(width: 300, height: 100)
        let png = try decoded(Pictures.png(pixels, 300, 100), .full(sideMax: 90))
        #expect((png.width, png.height, png.originalWidth, png.originalHeight) == (90, 30, 300, 100))
        let jpeg = try decoded(Pictures.jpeg(pixels, 300, 100), .full(sideMax: 90))
        #expect(jpeg.width <= 90 && jpeg.width > 45 && jpeg.originalWidth == 300)
        // An eighth, which a JPEG is decoded at straight away, is still too large.
        let large = try decoded(Pictures.jpeg(Pictures.gradient(width: 1000, height: 320), 1000, 320), .full(sideMax: 64))
        #expect((large.width, large.height, large.originalWidth) == (64, 20, 1000))
    }

    @Test("several decodes at once, good and damaged, give the same pixels as one alone")
    func concurrent() async throws {
        let file = Pictures.jpeg(Pictures.gradient(width: 64, height: 48), 64, 48)
        let damaged = Array(file[..<(file.count / 2)])
        let alone = try decoded(file, .exactly(width: 20, height: 20, kernel: .cubic))
        await withTaskGroup(of: Bool.self) { group in
            for index in 0..<32 {
                group.addTask {
                    guard index % 2 == 0 else { return (try? decoded(damaged)) == nil }
                    return (try? decoded(file, .exactly(width: 20, height: 20, kernel: .cubic))) == alone
                }
            }
            for await same in group { #expect(same) }
        }
    }
}

@Suite("Refusing pictures")
struct ImageRefusalTests {
    let pixels = Pictures.gradient(width: 40, height: 24)

    private func refusal(_ file: [UInt8], limits: ImageLimits = ImageLimits()) -> String {
        do {
            _ = try decoded(file, limits: limits)
            return ""
        } catch {
            return error.description
        }
    }

    @Test("empty data and other kinds of data name what is allowed")
    func otherKinds() {
        #expect(refusal([]).contains("JPEG, PNG, WebP, GIF and HEIC"))
        for text in ["hello, I am a JPEG", "BM6", "<svg xmlns='http://www.w3.org/2000/svg'/>", "%PDF-1.7", "RIFF....WAVE"] {
            #expect(refusal(Array(text.utf8)).contains("JPEG, PNG, WebP, GIF and HEIC"))
        }
    }

    @Test("sizes are refused from the header, however small the file")
    func bombs() {
        let bomb = Pictures.bomb(width: 60_000, height: 60_000)
        #expect(bomb.count < 100)
        #expect(refusal(bomb).contains("60000 x 60000"))
        #expect(refusal(Pictures.bomb(width: 16_385, height: 1)).contains("16384"))
        #expect(refusal(Pictures.bomb(width: 8000, height: 5001)).contains("40000000"))
        #expect(!refusal(Pictures.bomb(width: 8000, height: 1)).contains("allowed"))
    }

    @Test("a telephone's 50 megapixels are taken where they are to be made smaller, and never decoded whole")
    func large() throws {
        let file = Pictures.jpeg([UInt8](repeating: 90, count: 8_160 * 6_144), 8_160, 6_144, components: 1, quality: 50)
        let small = try decoded(file, .exactly(width: 260, height: 260, kernel: .cubic))
        #expect((small.width, small.originalWidth, small.originalHeight) == (260, 8_160, 6_144) && small.rgb.allSatisfy { $0 == 90 })
        #expect(try decoded(file, .full(sideMax: 4_096)).width == 4_080)
        #expect(refusal(file).contains("8160 x 6144"))
    }

    @Test("a JPEG in several scans, which is kept whole while it is decoded, has the limit of all pictures")
    func progressive() throws {
        let limits = ImageLimits(pixelsMax: 10_000, rowByRowPixelsMax: 40_000)
        func refused(_ side: Int, progressive: Bool) -> Bool {
            let file = Pictures.jpeg([UInt8](repeating: 90, count: side * side), side, side, components: 1, progressive: progressive)
            return (try? decoded(file, .full(sideMax: 64), limits: limits)) == nil
        }
        #expect(!refused(200, progressive: false) && refused(201, progressive: false))
        #expect(!refused(100, progressive: true) && refused(101, progressive: true))
    }

    @Test("files above the limit are refused unread")
    func bytes() {
        let file = Pictures.png(pixels, 40, 24)
        #expect(refusal(file, limits: ImageLimits(bytesMax: file.count - 1)).contains("at most \(file.count - 1)"))
        #expect(refusal(file, limits: ImageLimits(bytesMax: file.count)).isEmpty)
    }

    @Test("a file that ends early is damaged, wherever it ends")
    func truncated() {
        let noise: [UInt8] = (0..<2880).map { (index: Int) -> UInt8 in UInt8((index * 7919 >> 3) & 255) }
        for file in [Pictures.jpeg(noise, 40, 24), Pictures.jpeg(noise, 40, 24, progressive: true), Pictures.webp(noise, 40, 24)] {
            for cut in Swift.stride(from: 12, to: file.count - 2, by: 37) {
                #expect(refusal(Array(file[..<cut])).contains("damaged"), "cut at \(cut) of \(file.count)")
            }
        }
        // The end of a PNG is a chunk of 12 bytes without pixels.
        let png = Pictures.png(noise, 40, 24)
        for cut in Swift.stride(from: 12, to: png.count - 20, by: 37) { #expect(refusal(Array(png[..<cut])).contains("damaged")) }
    }

    @Test("flipped bytes give a picture or a reason, never a crash; the reason is one line")
    func flipped() {
        for file in [Pictures.jpeg(pixels, 40, 24), Pictures.png(pixels, 40, 24, interlaced: true), Pictures.webp(pixels, 40, 24)] {
            for position in Swift.stride(from: 3, to: file.count, by: 5) {
                var broken = file
                broken[position] ^= 0xA5
                #expect(!refusal(broken).contains("\n"))
            }
        }
    }
}

// Unsafe: memory that the C encoders allocate. Invariant: it is copied and freed before a function returns.

import CImageCodec
import ImageDecoding
import Testing

/// Pictures made in memory, and surgery on their files.
enum Pictures {
    /// Each pixel tells its place: red grows to the right, green downwards, blue is a corner mark.
    static func gradient(width: Int, height: Int) -> [UInt8] {
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                pixels.append(UInt8(x * 255 / max(1, width - 1)))
                pixels.append(UInt8(y * 255 / max(1, height - 1)))
                pixels.append(x < width / 3 && y < height / 3 ? 255 : 0)
            }
        }
        return pixels
    }

    static func jpeg(_ samples: [UInt8], _ width: Int, _ height: Int, components: Int = 3, quality: Int = 95, progressive: Bool = false) -> [UInt8] {
        taking {
            ic_jpeg_encode(samples, UInt32(width), UInt32(height), UInt32(components), Int32(quality), progressive ? 1 : 0, $0, $1)
        }
    }

    static func png(_ samples: [UInt8], _ width: Int, _ height: Int, components: Int = 3, bits: Int = 8, interlaced: Bool = false) -> [UInt8] {
        taking { ic_png_encode(samples, UInt32(width), UInt32(height), UInt32(components), UInt32(bits), interlaced ? 1 : 0, $0, $1) }
    }

    static func webp(_ samples: [UInt8], _ width: Int, _ height: Int, components: Int = 3) -> [UInt8] {
        taking { ic_webp_encode(samples, UInt32(width), UInt32(height), UInt32(components), $0, $1) }
    }

    /// `indexes` into `palette` (RGB entries, a power of two of them).
    static func gif(_ indexes: [UInt8], _ width: Int, _ height: Int, palette: [UInt8], transparent: Int = -1, interlaced: Bool = false) -> [UInt8] {
        taking {
            ic_gif_encode(indexes, UInt32(width), UInt32(height), palette, Int32(palette.count / 3), Int32(transparent), interlaced ? 1 : 0, $0, $1)
        }
    }

    private static func taking(
        _ encode: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>, UnsafeMutablePointer<Int>) -> ic_result
    ) -> [UInt8] {
        var memory: UnsafeMutablePointer<UInt8>?
        var count = 0
        precondition(encode(&memory, &count) == IC_OK, "a test picture can be encoded")
        defer { ic_free(memory) }
        return Array(UnsafeBufferPointer(start: memory, count: count))
    }

    /// A TIFF block with nothing but the orientation.
    static func exif(_ orientation: UInt16, bigEndian: Bool = false) -> [UInt8] {
        var block = Array((bigEndian ? "MM" : "II").utf8)
        func add(_ value: Int, _ count: Int) {
            let bytes: [UInt8] = (0..<count).map { UInt8(value >> (8 * $0) & 255) }
            block += bigEndian ? bytes.reversed() : bytes
        }
        add(42, 2)
        add(8, 4)
        // One entry: tag, type SHORT, one value, the value and its padding; then no further directory.
        for (value, count) in [(1, 2), (0x0112, 2), (3, 2), (1, 4), (Int(orientation), 2), (0, 2), (0, 4)] { add(value, count) }
        return block
    }

    /// The JPEG with the block in an APP1 segment.
    static func adding(exif: [UInt8], toJPEG file: [UInt8]) -> [UInt8] {
        let body = Array("Exif\0\0".utf8) + exif
        let length = body.count + 2
        return file[..<2] + [0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 255)] + body + file[2...]
    }

    /// The PNG with a chunk after its header (33 bytes: signature and IHDR).
    static func adding(_ name: String, _ data: [UInt8], toPNG file: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + data
        return file[..<33] + bigEndian(UInt32(data.count)) + body + bigEndian(checksum(body)) + file[33...]
    }

    /// A PNG of 70 bytes that says it has this size.
    static func bomb(width: UInt32, height: UInt32) -> [UInt8] {
        let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
            let body = Array(name.utf8) + data
            return bigEndian(UInt32(data.count)) + body + bigEndian(checksum(body))
        }
        var header: [UInt8] = bigEndian(width)
        header += bigEndian(height)
        header += [8, 2, 0, 0, 0]
        var file = signature
        file += chunk("IHDR", header)
        file += chunk("IDAT", [0x78, 0x9C, 0x63, 0, 0, 0, 1, 0, 1])
        file += chunk("IEND", [])
        return file
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] { [24, 16, 8, 0].map { UInt8(value >> $0 & 255) } }

    /// CRC-32 (ISO 3309), as PNG's chunks have it.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var crc = ~UInt32(0)
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 {
                let low = crc & 1
                crc >>= 1
                if low == 1 { crc ^= 0xEDB8_8320 }
            }
        }
        return ~crc
    }
}

/// Decodes whole, with the default limits.
func decoded(_ file: [UInt8], _ fit: ImageFit = .full(sideMax: 16_384), limits: ImageLimits = ImageLimits()) throws(ImageError) -> DecodedImage {
    let result = file.withUnsafeBytes { bytes in
        Result { () throws(ImageError) -> DecodedImage in try ImageDecoder.decode(bytes, limits: limits, fit: fit) }
    }
    return try result.get()
}

/// Every `step`th byte of a file turned round, one at a time: what comes is an ImageError, or a picture as large as it says and as it may be.
func flippedBytesAreBounded(_ file: [UInt8], step: Int, limits: ImageLimits) {
    for place in stride(from: 0, to: file.count, by: step) {
        var broken = file
        broken[place] ^= 0xFF
        // Only an ImageError can be thrown, by decoded()'s type; another end would be the test's own.
        guard let image = try? decoded(broken, limits: limits) else { continue }
        #expect(image.rgb.count == image.width * image.height * 3 && image.width * image.height <= limits.pixelsMax)
    }
}

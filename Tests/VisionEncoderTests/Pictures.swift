// Unsafe: memory that the C encoders allocate. Invariant: it is copied and freed before a function returns.

import CImageCodec
import ImageDecoding

/// Pictures made in memory, and surgery on their files.
enum Pictures {
    /// Each pixel tells its place: red grows to the right, green downwards, blue is a corner mark.
    static func gradient(width: Int, height: Int) -> [UInt8] {
        (0..<height).flatMap { y in
            (0..<width).flatMap { x in
                [UInt8(x * 255 / max(1, width - 1)), UInt8(y * 255 / max(1, height - 1)), x < width / 3 && y < height / 3 ? 255 : 0]
            }
        }
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
        func number(_ value: Int, _ count: Int) -> [UInt8] {
            let bytes = (0..<count).map { UInt8(value >> (8 * $0) & 255) }
            return bigEndian ? bytes.reversed() : bytes
        }
        return Array((bigEndian ? "MM" : "II").utf8) + number(42, 2) + number(8, 4) + number(1, 2) + number(0x0112, 2) + number(3, 2)
            + number(1, 4) + number(Int(orientation), 2) + number(0, 2) + number(0, 4)
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
        let header = bigEndian(width) + bigEndian(height) + [8, 2, 0, 0, 0]
        return signature + chunk("IHDR", header) + chunk("IDAT", [0x78, 0x9C, 0x63, 0, 0, 0, 1, 0, 1]) + chunk("IEND", [])
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] { [24, 16, 8, 0].map { UInt8(value >> $0 & 255) } }

    /// CRC-32 (ISO 3309), as PNG's chunks have it.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
    }
}

/// Decodes whole, with the default limits.
func decoded(_ file: [UInt8], _ fit: ImageFit = .full(sideMax: 16_384), limits: ImageLimits = ImageLimits()) throws(ImageError) -> DecodedImage {
    let result = file.withUnsafeBytes { bytes in
        Result { () throws(ImageError) -> DecodedImage in try ImageDecoder.decode(bytes, limits: limits, fit: fit) }
    }
    return try result.get()
}

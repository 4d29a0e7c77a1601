// Unsafe: calls into the C codecs. Invariant: the samples have width × height × 3 bytes (DecodedImage checks); what the C side allocated is copied
// and freed before the call returns.

import CImageCodec

/// Pixels to files.
public enum ImageEncoder {
    /// A baseline JPEG.
    /// - Parameter quality: 1 to 100.
    /// - Throws: `noMemory`, the only way it can fail.
    public static func jpeg(_ image: DecodedImage, quality: Int) throws(ImageError) -> [UInt8] {
        try encoded { out, length in
            ic_jpeg_encode(image.rgb, UInt32(image.width), UInt32(image.height), 3, Int32(min(max(quality, 1), 100)), 0, out, length)
        }
    }

    /// - Throws: `noMemory`, the only way it can fail.
    public static func png(_ image: DecodedImage) throws(ImageError) -> [UInt8] {
        try encoded { out, length in ic_png_encode(image.rgb, UInt32(image.width), UInt32(image.height), 3, 8, 0, out, length) }
    }

    private static func encoded(
        _ encode: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>, UnsafeMutablePointer<Int>) -> ic_result
    ) throws(ImageError) -> [UInt8] {
        var memory: UnsafeMutablePointer<UInt8>?
        var length = 0
        guard encode(&memory, &length) == IC_OK, let memory else { throw .noMemory }
        defer { ic_free(memory) }
        return Array(UnsafeBufferPointer(start: memory, count: length))
    }
}

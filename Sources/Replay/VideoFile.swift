public import Wire

/// Camera pictures from a file: Motion JPEG, which is JPEG pictures one after the other, as `ffmpeg -i clip.mp4 clip.mjpeg` writes them.
public enum VideoFile {
    public static let framesMax = 10_000

    /// Whether a name is that of a run of pictures rather than of one.
    public static func isMotion(_ path: String) -> Bool { path.hasSuffix(".mjpeg") || path.hasSuffix(".mjpg") }

    /// The pictures of a Motion JPEG file. Throws INVALID_ARGUMENT where it does not begin with a picture, and for more than `framesMax`.
    ///
    /// A picture begins with FF D8 and ends with FF D9; inside, FF is followed by 00 or by a marker with a length, so that neither pair can
    /// stand in picture data (ITU-T T.81, B.1.1). Pictures inside pictures (previews) are skipped by their segment's length.
    public static func frames(_ bytes: [UInt8], name: String) throws(RPCStatus) -> [[UInt8]] {
        var frames: [[UInt8]] = []
        var from = 0
        while from + 1 < bytes.count {
            guard bytes[from] == 0xFF, bytes[from + 1] == 0xD8 else {
                throw RPCStatus(.invalidArgument, "\(name): no JPEG picture at byte \(from); a Motion JPEG file is needed")
            }
            guard let end = end(of: bytes, from: from + 2) else {
                throw RPCStatus(.invalidArgument, "\(name): the picture at byte \(from) is cut off")
            }
            frames.append(Array(bytes[from..<end]))
            guard frames.count <= framesMax else { throw RPCStatus(.resourceExhausted, "\(name): more than \(framesMax) pictures") }
            from = end
        }
        guard !frames.isEmpty else { throw RPCStatus(.invalidArgument, "\(name): no pictures") }
        return frames
    }

    private static func end(of bytes: [UInt8], from start: Int) -> Int? {
        var at = start
        while at + 1 < bytes.count {
            guard bytes[at] == 0xFF else {
                at += 1
                continue
            }
            switch bytes[at + 1] {
            case 0xD9: return at + 2
            // Stuffing, restart markers, fill bytes: no length follows.
            case 0x00, 0x01, 0xD0...0xD8: at += 2
            case 0xFF: at += 1
            default:
                guard at + 3 < bytes.count else { return nil }
                at += 2 + Int(bytes[at + 2]) << 8 + Int(bytes[at + 3])
            }
        }
        return nil
    }
}

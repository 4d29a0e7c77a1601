// Views of the hot kinds: fields read in place, nothing copied or allocated. Each is made from the bytes of the kind
// (`MessagePeek.kindRange`) and is valid as long as those are.

/// An `AudioChunk` in place.
public struct AudioChunkView {
    public var encoding: AudioEncoding = .unspecified
    public var sampleRateHz: UInt32 = 0
    public var channels: UInt32 = 0
    public var last = false
    /// Interleaved samples in `encoding`; not necessarily aligned.
    public var samples = UnsafeRawBufferPointer(start: nil, count: 0)

    /// - Throws: INVALID_ARGUMENT when the bytes are not a well-formed AudioChunk.
    public init(_ bytes: UnsafeRawBufferPointer) throws(RPCStatus) {
        var cursor = ProtoCursor(bytes)
        do {
            while !cursor.atEnd {
                let key = try cursor.key()
                switch key.field {
                case 1: encoding = AudioEncoding(rawValue: UInt32(truncatingIfNeeded: try cursor.varint(key))) ?? .unspecified
                case 2: sampleRateHz = UInt32(truncatingIfNeeded: try cursor.varint(key))
                case 3: channels = UInt32(truncatingIfNeeded: try cursor.varint(key))
                case 4: samples = UnsafeRawBufferPointer(rebasing: bytes[try cursor.contents(key)])
                case 5: last = try cursor.varint(key) != 0
                default: try cursor.skip(key.wire)
                }
            }
        } catch {
            throw error.status(at: "AudioChunk, byte \(cursor.position)")
        }
    }
}

/// An `ImagePart` in place.
public struct ImagePartView {
    public var purpose: ImagePurpose = .unspecified
    public var imageID: UInt64 = 0
    public var part: UInt32 = 0
    public var last = false
    /// A whole file or a piece of one.
    public var data = UnsafeRawBufferPointer(start: nil, count: 0)

    /// - Throws: INVALID_ARGUMENT when the bytes are not a well-formed ImagePart.
    public init(_ bytes: UnsafeRawBufferPointer) throws(RPCStatus) {
        var cursor = ProtoCursor(bytes)
        do {
            while !cursor.atEnd {
                let key = try cursor.key()
                switch key.field {
                case 1: purpose = ImagePurpose(rawValue: UInt32(truncatingIfNeeded: try cursor.varint(key))) ?? .unspecified
                case 2: imageID = try cursor.varint(key)
                case 3: part = UInt32(truncatingIfNeeded: try cursor.varint(key))
                case 4: last = try cursor.varint(key) != 0
                case 5: data = UnsafeRawBufferPointer(rebasing: bytes[try cursor.contents(key)])
                default: try cursor.skip(key.wire)
                }
            }
        } catch {
            throw error.status(at: "ImagePart, byte \(cursor.position)")
        }
    }
}

/// A `VideoFrame` in place.
public struct VideoFrameView {
    public var purpose: ImagePurpose = .unspecified
    /// A whole picture file.
    public var data = UnsafeRawBufferPointer(start: nil, count: 0)

    /// - Throws: INVALID_ARGUMENT when the bytes are not a well-formed VideoFrame.
    public init(_ bytes: UnsafeRawBufferPointer) throws(RPCStatus) {
        var cursor = ProtoCursor(bytes)
        do {
            while !cursor.atEnd {
                let key = try cursor.key()
                switch key.field {
                case 1: purpose = ImagePurpose(rawValue: UInt32(truncatingIfNeeded: try cursor.varint(key))) ?? .unspecified
                case 2: data = UnsafeRawBufferPointer(rebasing: bytes[try cursor.contents(key)])
                default: try cursor.skip(key.wire)
                }
            }
        } catch {
            throw error.status(at: "VideoFrame, byte \(cursor.position)")
        }
    }
}

/// A `TextInput` in place. UTF-8 is not checked here: ingress has validated text kinds fully.
public struct TextInputView {
    public var text = UnsafeRawBufferPointer(start: nil, count: 0)
    /// BCP 47; empty = detect.
    public var language = UnsafeRawBufferPointer(start: nil, count: 0)

    /// - Throws: INVALID_ARGUMENT when the bytes are not a well-formed TextInput.
    public init(_ bytes: UnsafeRawBufferPointer) throws(RPCStatus) {
        var cursor = ProtoCursor(bytes)
        do {
            while !cursor.atEnd {
                let key = try cursor.key()
                switch key.field {
                case 1: text = UnsafeRawBufferPointer(rebasing: bytes[try cursor.contents(key)])
                case 2: language = UnsafeRawBufferPointer(rebasing: bytes[try cursor.contents(key)])
                default: try cursor.skip(key.wire)
                }
            }
        } catch {
            throw error.status(at: "TextInput, byte \(cursor.position)")
        }
    }
}

import CSodium
import Wire

// Unsafe: libsodium reads and writes borrowed buffers within its calls; the sizes given to it are those of the buffers.

/// A key that payloads are sealed with: 32 bytes.
public struct RecordingKey: Sendable, Equatable {
    /// What recordings call it: 32 hex digits.
    public var id: String
    var bytes: [UInt8]

    static let bytesCount = 32

    init(id: String, bytes: [UInt8]) {
        precondition(bytes.count == RecordingKey.bytesCount, "invariant: a key has 32 bytes")
        self.id = id
        self.bytes = bytes
    }
}

/// libsodium, after its one-time start.
enum Sodium {
    /// Chooses the processor's fastest code; needed before anything else.
    private static let isReady: Bool = sodium_init() >= 0

    static func start() { precondition(isReady, "libsodium starts on every Linux: it needs nothing but the system's random numbers") }

    /// From the system: keys and file ids must not be guessable, so they come from no seed.
    static func random(_ count: Int) -> [UInt8] {
        start()
        var bytes = [UInt8](repeating: 0, count: count)
        randombytes_buf(&bytes, count)
        return bytes
    }

    /// BLAKE2b of `message` under `key` (at most 64 bytes; empty = none), `count` bytes from 16 to 64.
    static func hash(_ message: [UInt8], key: [UInt8] = [], count: Int = 32) -> [UInt8] {
        start()
        precondition((16...64).contains(count) && key.count <= 64, "BLAKE2b gives 16 to 64 bytes and takes a key of at most 64")
        var hash = [UInt8](repeating: 0, count: count)
        let status = crypto_generichash(&hash, count, message, UInt64(message.count), key.isEmpty ? nil : key, key.count)
        precondition(status == 0, "BLAKE2b takes these sizes")
        return hash
    }

    /// SHA-256 as hex, of the parts one after the other.
    static func sha256(_ parts: [UInt8]...) -> String {
        start()
        var state = crypto_hash_sha256_state()
        crypto_hash_sha256_init(&state)
        for part in parts { crypto_hash_sha256_update(&state, part, UInt64(part.count)) }
        var digest = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_bytes()))
        crypto_hash_sha256_final(&state, &digest)
        return hex(digest)
    }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The bytes of lower-case hex digits; nil for anything else.
    static func bytes(hex: some StringProtocol) -> [UInt8]? {
        let digits = Array(hex.utf8)
        func value(_ digit: UInt8) -> UInt8? {
            switch digit {
            case 48...57: digit - 48
            case 97...102: digit - 87
            default: nil
            }
        }
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }
}

/// Sealing of one record's payload: XChaCha20-Poly1305 (the IETF construction with a nonce of 24 bytes, libsodium's default for this use).
///
/// The nonce is the file's id and the record's offset: a file is written once, from front to back, so none comes twice under one key. What
/// stands beside the payload in the clear (time, direction …) is authenticated with it.
struct Seal {
    static let fileIDBytes = 16
    static let tagBytes = 16

    private let nonce: [UInt8]

    init(fileID: [UInt8], offset: UInt64) {
        var nonce: [UInt8] = []
        nonce.reserveCapacity(Seal.fileIDBytes + 8)
        nonce += fileID.prefix(Seal.fileIDBytes)
        for _ in nonce.count..<Seal.fileIDBytes { nonce.append(0) }
        Seal.append(offset, to: &nonce)
        self.nonce = nonce
    }

    func seal(_ plain: UnsafeRawBufferPointer, _ key: RecordingKey, associated: [UInt8]) -> [UInt8] {
        Sodium.start()
        return [UInt8](unsafeUninitializedCapacity: plain.count + Seal.tagBytes) { buffer, filled in
            guard let base = buffer.baseAddress else { return }
            var count: UInt64 = 0
            let status = crypto_aead_xchacha20poly1305_ietf_encrypt(
                base, &count, plain.bindMemory(to: UInt8.self).baseAddress, UInt64(plain.count), associated,
                UInt64(associated.count), nil, nonce, key.bytes)
            precondition(status == 0 && count == UInt64(buffer.count), "sealing adds a tag of 16 bytes and cannot fail")
            filled = Int(count)
        }
    }

    /// - Throws: DATA_LOSS when it was not sealed so: another key, or somebody's hand.
    func open(_ sealed: [UInt8], _ key: RecordingKey, associated: [UInt8]) throws(RPCStatus) -> [UInt8] {
        Sodium.start()
        guard sealed.count >= Seal.tagBytes else { throw RPCStatus(.dataLoss, "a sealed payload has at least 16 bytes") }
        var isOpen = false
        let plain = [UInt8](unsafeUninitializedCapacity: sealed.count) { buffer, filled in
            guard let base = buffer.baseAddress else { return }
            var count: UInt64 = 0
            isOpen =
                crypto_aead_xchacha20poly1305_ietf_decrypt(
                    base, &count, nil, sealed, UInt64(sealed.count), associated, UInt64(associated.count), nonce, key.bytes) == 0
            filled = isOpen ? Int(count) : 0
        }
        guard isOpen else { throw RPCStatus(.dataLoss, "the payload does not open with key \(key.id): the key was replaced, or the file changed") }
        return plain
    }

    /// Little-endian, 8 bytes.
    static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
}

extension RecordedFrame {
    /// What stands in the clear beside the payload.
    func associated(timeUs: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        // One for every record of every session: an array that grows would cost more than the sealing.
        bytes.reserveCapacity(19 + outside.utf8.count)
        bytes.append(3)
        Seal.append(timeUs, to: &bytes)
        bytes.append(UInt8(truncatingIfNeeded: direction.rawValue))
        bytes.append(UInt8(truncatingIfNeeded: withheld.rawValue))
        Seal.append(withheldBytes, to: &bytes)
        bytes.append(contentsOf: outside.utf8)
        return bytes
    }
}

extension RecordedRead {
    func associated(timeUs: UInt64) -> [UInt8] {
        var bytes: [UInt8] = [4]
        Seal.append(timeUs, to: &bytes)
        return bytes
    }
}

// Unsafe: the soxr handle. Invariants: it is made in init, deleted once in deinit, and used by one job at a time (the
// stream has at most one piece of audio in work), so that Sendable holds without a lock.

import CSoxr
import PluginKit
import Wire

/// One microphone's signal brought to 16 kHz, piece by piece, without seams.
final class StreamResampler: @unchecked Sendable {
    private let handle: OpaquePointer
    /// Output samples per input sample.
    private let ratio: Double

    /// - Throws: INTERNAL when the resampler cannot be made.
    init(fromHz rate: Int) throws(PluginError) {
        var error: soxr_error_t?
        guard let handle = soxr_create(Double(rate), Double(SpeechLimits.sampleRateHz), 1, &error, nil, nil, nil) else {
            throw PluginError(.internalError, "no resampler from \(rate) Hz: \(error.map { String(cString: $0) } ?? "out of memory")")
        }
        self.handle = handle
        ratio = Double(SpeechLimits.sampleRateHz) / Double(rate)
    }

    deinit { soxr_delete(handle) }

    /// What can be given out after `input`; the filter keeps a few milliseconds back until `flush`.
    func process(_ input: [Float]) throws(PluginError) -> [Float] {
        guard !input.isEmpty else { return [] }
        return try run(input)
    }

    /// What the filter kept back. Afterwards the resampler is used up.
    func flush() throws(PluginError) -> [Float] { try run(nil) }

    private func run(_ input: [Float]?) throws(PluginError) -> [Float] {
        // 8,192 samples cover what the filter can keep back at any permitted rate.
        let capacity = Int(Double(input?.count ?? 0) * ratio) + 8_192
        var taken = 0
        var given = 0
        var failure: soxr_error_t?
        let output = [Float](unsafeUninitializedCapacity: capacity) { buffer, count in
            if let input {
                failure = input.withUnsafeBytes { soxr_process(handle, $0.baseAddress, input.count, &taken, buffer.baseAddress, capacity, &given) }
            } else {
                failure = soxr_process(handle, nil, 0, nil, buffer.baseAddress, capacity, &given)
            }
            count = given
        }
        if let failure { throw PluginError(.internalError, "resampling failed: \(String(cString: failure))") }
        precondition(taken == input?.count ?? 0, "the resampler takes all of its input when the output has room")
        return output
    }
}

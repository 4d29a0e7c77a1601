// Unsafe: handles of OpenVINO. Invariants: `raw` lives as long as the model; a Request is used by the dispatcher's thread only; the callback's
// context is the Request itself, which frees its OpenVINO request in deinit.

import COpenVINO
import Wire

/// Floating point of a model's computation.
public enum InferencePrecision: String, Sendable, CaseIterable {
    /// The same bits on every run of one instruction set; what tests against an original need.
    case f32 = "f32"
    /// As f32, but what goes into 8-bit matrices is rounded to 8 bits in groups of 32 where the processor multiplies these faster (OpenVINO's dynamic
    /// quantisation): for vectors that are compared, not for words that are chosen one after the other.
    case f32WithInt8 = "f32-i8"
    /// What OpenVINO prefers: bf16 where the processor has it, and what goes into 8-bit matrices rounded to 8 bits.
    case unspecified = "default"
}

/// One input or output of a model.
public struct ModelPort: Sendable, Equatable {
    public var name: String
    /// nil when it is none of the types that tensors have.
    public var type: TensorType?
    /// nil when the rank is dynamic; a dimension is nil when it is dynamic.
    public var shape: [Int?]?

    public init(name: String, type: TensorType?, shape: [Int?]?) {
        self.name = name
        self.type = type
        self.shape = shape
    }
}

/// A model that is ready to run. Shared by all loops and plugins; immutable.
///
/// Sendable: nothing of it changes, and OpenVINO makes requests of it on any thread.
public final class CompiledModel: @unchecked Sendable {
    public let name: String
    public let path: String
    public let inputs: [ModelPort]
    public let outputs: [ModelPort]
    /// Jobs that can run at the same time.
    public let requests: Int
    /// What a job takes on a virtual clock, in microseconds.
    public let modelledCostUs: UInt64

    let library: OpenVINOLibrary
    /// The scheduler's number for it.
    let index: Int
    private let raw: OpaquePointer

    /// Blocks while it reads and compiles.
    /// - Throws: FAILED_PRECONDITION with OpenVINO's message.
    init(
        library: OpenVINOLibrary, index: Int, name: String, path: String, options: ModelOptions, properties: [(String, String)]
    ) throws(RPCStatus) {
        var error = cov_error()
        var made: OpaquePointer?
        let status = withCStrings(properties.map(\.0)) { keys in
            withCStrings(properties.map(\.1)) { values in
                cov_model_compile(library.raw, path, properties.count, keys, values, &made, &error)
            }
        }
        guard status == 0, let raw = made else { throw RPCStatus(.failedPrecondition, "model \(name), \(path): \(error.message)") }
        self.library = library
        self.raw = raw
        self.name = name
        self.path = path
        self.index = index
        requests = options.requests
        modelledCostUs = options.modelledCostUs
        do {
            inputs = try Self.ports(cov_model_input_count(raw)) { cov_model_input(raw, $0, $1, $2) }
            outputs = try Self.ports(cov_model_output_count(raw)) { cov_model_output(raw, $0, $1, $2) }
        } catch {
            cov_model_free(raw)
            throw RPCStatus(.failedPrecondition, "model \(name), \(path): \(error.message)")
        }
    }

    /// The output that has this name among its names; nil when none has.
    func output(named name: String) -> Int? {
        if let index = outputs.firstIndex(where: { $0.name == name }) { return index }
        var index = 0
        return cov_model_output_named(raw, name, &index) == 0 ? index : nil
    }

    deinit { cov_model_free(raw) }

    /// `done` is called on OpenVINO's threads.
    func makeRequests(done: @escaping @Sendable (Request) -> Void) throws(RPCStatus) -> [Request] {
        var made: [Request] = []
        for _ in 0..<requests { made.append(try Request(of: raw, name: name, outputs: outputs.count, done: done)) }
        return made
    }

    private static func ports(
        _ count: Int, _ read: (Int, UnsafeMutablePointer<cov_port>, UnsafeMutablePointer<cov_error>) -> Int32
    ) throws(RPCStatus) -> [ModelPort] {
        var result: [ModelPort] = []
        for index in 0..<count {
            var port = cov_port()
            var error = cov_error()
            guard read(index, &port, &error) == 0 else { throw RPCStatus(.failedPrecondition, error.message) }
            let name = withUnsafeBytes(of: port.name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            var shape: [Int?]?
            if port.rank >= 0 {
                shape = withUnsafeBytes(of: port.min) { low in
                    withUnsafeBytes(of: port.max) { high in
                        zip(low.bindMemory(to: Int64.self), high.bindMemory(to: Int64.self)).prefix(Int(port.rank)).map { $0 == $1 ? Int($0) : nil }
                    }
                }
            }
            result.append(ModelPort(name: name, type: TensorType(openVINO: port.element_type), shape: shape))
        }
        return result
    }
}

/// One of a model's inference requests: what runs one job at a time.
///
/// Sendable only to be named by OpenVINO's callback, which hands it to the dispatcher's mailbox.
final class Request: @unchecked Sendable {
    private var raw: OpaquePointer?
    private let done: @Sendable (Request) -> Void
    /// Outputs whose memory was handed out and may not be written again.
    private var handedOut: [Bool]
    /// The job under way; the dispatcher's.
    var job: UInt64 = 0

    init(of model: OpaquePointer, name: String, outputs: Int, done: @escaping @Sendable (Request) -> Void) throws(RPCStatus) {
        self.done = done
        handedOut = [Bool](repeating: false, count: outputs)
        var error = cov_error()
        let context = Unmanaged.passUnretained(self).toOpaque()
        let status = cov_request_make(
            model,
            { context in
                guard let context else { return }
                let request = Unmanaged<Request>.fromOpaque(context).takeUnretainedValue()
                request.done(request)
            }, context, &raw, &error)
        guard status == 0, raw != nil else { throw RPCStatus(.failedPrecondition, "model \(name): \(error.message)") }
    }

    deinit {
        if let raw { cov_request_free(raw) }
    }

    /// Binds the tensors and starts. Every wanted output gets fresh memory, which goes to the caller with the outcome: nothing is
    /// copied, and the next job cannot overwrite it. A dynamic output begins empty and OpenVINO gives it its shape.
    /// - Throws: INVALID_ARGUMENT when a tensor does not fit the model.
    func start(_ model: CompiledModel, inputs: [(index: Int, tensor: HostTensor)], outputs: [Int]) throws(RPCStatus) {
        var error = cov_error()
        for input in inputs where cov_request_set_input(raw, input.index, input.tensor.raw, &error) != 0 {
            throw RPCStatus(.invalidArgument, "model \(model.name), input \"\(model.inputs[input.index].name)\": \(error.message)")
        }
        for index in handedOut.indices where handedOut[index] || outputs.contains(index) {
            try bindFresh(index, model)
        }
        guard cov_request_start(raw, &error) == 0 else { throw RPCStatus(.internalError, "model \(model.name): \(error.message)") }
    }

    /// After `done`: how it went. Blocks for the moment in which OpenVINO ends its own bookkeeping.
    func finish(_ model: CompiledModel, outputs: [Int], budget: MemoryBudget?) throws(RPCStatus) -> [HostTensor] {
        var error = cov_error()
        guard cov_request_wait(raw, &error) == 0 else { throw RPCStatus(.internalError, "model \(model.name): \(error.message)") }
        var result: [HostTensor] = []
        for index in outputs {
            var tensor: OpaquePointer?
            guard cov_request_output(raw, index, &tensor, &error) == 0, let tensor else {
                throw RPCStatus(.internalError, "model \(model.name): \(error.message)")
            }
            handedOut[index] = true
            result.append(try HostTensor(takingOver: tensor, budget: budget))
        }
        return result
    }

    private func bindFresh(_ index: Int, _ model: CompiledModel) throws(RPCStatus) {
        let port = model.outputs[index]
        guard let type = port.type, let shape = port.shape else {
            throw RPCStatus(.unimplemented, "model \(model.name), output \"\(port.name)\": its element type or rank is not known")
        }
        let fresh = try HostTensor.make(model.library, type: type, shape: shape.map { $0 ?? 0 }, budget: nil, zeroed: false)
        var error = cov_error()
        guard cov_request_set_output(raw, index, fresh.raw, &error) == 0 else {
            throw RPCStatus(.internalError, "model \(model.name), output \"\(port.name)\": \(error.message)")
        }
        handedOut[index] = false
    }
}

/// C strings for `texts`, valid until `body` returns.
func withCStrings<R>(_ texts: [String], _ body: ([UnsafePointer<CChar>?]) -> R) -> R {
    var bytes: [CChar] = []
    var starts: [Int] = []
    for text in texts {
        starts.append(bytes.count)
        bytes.append(contentsOf: text.utf8CString)
    }
    return bytes.withUnsafeBufferPointer { bytes in
        body(starts.map { start in bytes.baseAddress.map { $0 + start } })
    }
}

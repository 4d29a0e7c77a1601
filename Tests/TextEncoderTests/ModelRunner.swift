// Unsafe: OpenVINO's tensors. Invariant: a tensor's memory is copied from or to before it is freed; a runner is used by one thread.

import COpenVINO
import Glibc

/// One model on OpenVINO, run to completion on the calling thread.
final class ModelRunner {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private let library: OpaquePointer
    private let request: OpaquePointer
    private let outputs: [String: Int]

    /// - Parameter path: below the models folder.
    init(_ path: String) throws {
        let cache = ModelRunner.cache
        var error = cov_error()
        func check(_ result: Int32) throws {
            guard result != 0 else { return }
            let reason = withUnsafeBytes(of: error.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            throw Failure(description: "\(reason); `make setup` installs OpenVINO and the models in \(cache)")
        }
        var library: OpaquePointer?
        try check(cov_library_open(cache + "/openvino/libs/libopenvino_c.so.2641", &library, &error))
        var core: OpaquePointer?
        try check(cov_core_make(library, &core, &error))
        var model: OpaquePointer?
        try check(
            "INFERENCE_PRECISION_HINT".withCString { key in
                "f32".withCString { value in
                    cov_model_compile(core, cache + "/models/" + path, 1, [key], [value], &model, &error)
                }
            })
        var request: OpaquePointer?
        try check(cov_request_make(model, { _ in }, nil, &request, &error))
        guard let library, let request else { throw Failure(description: "OpenVINO gave nothing") }
        self.library = library
        self.request = request
        var outputs: [String: Int] = [:]
        for index in 0..<cov_model_output_count(model) {
            var port = cov_port()
            try check(cov_model_output(model, index, &port, &error))
            outputs[withUnsafeBytes(of: port.name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }] = index
        }
        self.outputs = outputs
    }

    deinit { cov_request_free(request) }

    /// - Parameters:
    ///   - input: row-major elements of the one input.
    ///   - names: the outputs that are wanted, all f32.
    func run<Element: BitwiseCopyable>(_ input: [Element], type: Int32, shape: [Int64], outputs names: [String]) throws -> [[Float]] {
        var error = cov_error()
        var tensor: OpaquePointer?
        guard cov_tensor_make(library, type, shape.count, shape, &tensor, &error) == 0, let tensor else {
            throw Failure(description: "no tensor")
        }
        defer { cov_tensor_free(tensor) }
        input.withUnsafeBytes { bytes in
            precondition(bytes.count == cov_tensor_bytes(tensor), "the input fits the shape")
            cov_tensor_data(tensor).copyMemory(from: bytes.baseAddress ?? UnsafeRawPointer(tensor), byteCount: bytes.count)
        }
        guard cov_request_set_input(request, 0, tensor, &error) == 0, cov_request_start(request, &error) == 0,
            cov_request_wait(request, &error) == 0
        else { throw Failure(description: withUnsafeBytes(of: error.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }) }
        return try names.map { name in
            var output: OpaquePointer?
            guard let index = outputs[name], cov_request_output(request, index, &output, &error) == 0, let output else {
                throw Failure(description: "the model has no output \(name)")
            }
            defer { cov_tensor_free(output) }
            let values = UnsafeRawBufferPointer(start: cov_tensor_data(output), count: cov_tensor_bytes(output))
            return Array(values.bindMemory(to: Float.self))
        }
    }

    /// Where `make setup` keeps models.
    static var cache: String {
        if let path = getenv("VITRINE_CACHE") { return String(cString: path) }
        if let path = getenv("XDG_CACHE_HOME") { return String(cString: path) + "/vitrine" }
        return (getenv("HOME").map { String(cString: $0) } ?? "") + "/.cache/vitrine"
    }
}

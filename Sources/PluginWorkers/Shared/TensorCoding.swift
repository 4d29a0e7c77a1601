import Inference
import Wire

/// Tensors in messages: inside them when they are small, as memory files when they are large. Confined to a loop.
final class TensorCoder {
    private let descriptors: DescriptorSocket
    /// Larger ones travel as memory files; 0 = none does.
    var inlineBytesMax: Int

    init(descriptors: DescriptorSocket, inlineBytesMax: Int) {
        self.descriptors = descriptors
        self.inlineBytesMax = inlineBytesMax
    }

    /// The message of a tensor.
    func encode(_ name: String, _ tensor: HostTensor) throws(RPCStatus) -> WireTensor {
        var message = WireTensor(name: name, dtype: tensor.type.name, shape: tensor.shape.map(Int64.init))
        let bytes = UnsafeRawBufferPointer(tensor.bytes)
        if inlineBytesMax > 0, bytes.count > inlineBytesMax, let number = try descriptors.send(bytes) {
            message.memfd = number
        } else {
            message.data = Array(bytes)
        }
        return message
    }

    /// The tensor of a message.
    /// - Parameter make: a tensor of zeros, for what came inside the message.
    /// - Throws: INVALID_ARGUMENT that names the tensor; what `make` throws.
    func decode(
        _ message: WireTensor, budget: MemoryBudget?, make: (TensorType, [Int]) throws(RPCStatus) -> HostTensor
    ) throws(RPCStatus) -> HostTensor {
        guard let type = TensorType.allCases.first(where: { $0.name == message.dtype }) else {
            let known = TensorType.allCases.map(\.name).joined(separator: ", ")
            throw RPCStatus(.invalidArgument, "tensor \"\(message.name)\": dtype \"\(message.dtype)\"; allowed: \(known)")
        }
        guard message.shape.count <= 8, message.shape.allSatisfy({ (0...Int64(Int32.max)).contains($0) }) else {
            throw RPCStatus(.invalidArgument, "tensor \"\(message.name)\": shape \(message.shape) is impossible")
        }
        let shape = message.shape.map(Int.init)
        let count = try HostTensor.byteCount(type: type, shape: shape)
        if message.memfd != 0 {
            return try HostTensor(type, shape, in: descriptors.take(message.memfd, count: count), budget: budget)
        }
        // Before it is made: zeros for a large shape without data would take the loop's time.
        guard count == message.data.count else {
            throw RPCStatus(
                .invalidArgument, "tensor \"\(message.name)\": \(message.data.count) bytes where \(message.dtype) \(shape) needs \(count)")
        }
        let tensor = try make(type, shape)
        message.data.withUnsafeBytes { tensor.bytes.copyMemory(from: $0) }
        return tensor
    }
}

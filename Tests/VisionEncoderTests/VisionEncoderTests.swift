import Inference
import ImageDecoding
import TestSupport
import Testing
import Wire

@testable import VisionEncoder

@Suite("What the image model's numbers become")
struct VisionNumbersTests {
    @Test("vectors get length one; what has no direction is refused")
    func unit() throws {
        let vector = try #require(UnitVector.normalized([3, 0, -4]))
        #expect(vector == [0.6, 0, -0.8])
        #expect(UnitVector.normalized([0, 0]) == nil)
        #expect(UnitVector.normalized([.nan, 1]) == nil)
        #expect(UnitVector.normalized([.infinity, 1]) == nil)
    }

    @Test("labels are the softmax's best, equal ones by index, and sum to at most one")
    func labels() {
        let top = Probabilities.top(3, logits: [1, 1000, 1000, 999, -5])
        #expect(top.map(\.index) == [1, 2, 3])
        #expect(abs(top[0].probability - 0.42232) < 1e-4)
        #expect(Probabilities.top(9, logits: [0, 0]).map(\.probability) == [0.5, 0.5])
        #expect(Probabilities.top(3, logits: []).isEmpty)
    }

    @Test("the hash does not depend on how the file is cut into pieces of whole words")
    func hash() {
        let bytes = (0..<100).map { UInt8($0 * 2) }
        var whole = WordHash()
        bytes.withUnsafeBytes { whole.add($0) }
        var pieces = WordHash()
        bytes.withUnsafeBytes { all in
            pieces.add(UnsafeRawBufferPointer(rebasing: all[..<48]))
            pieces.add(UnsafeRawBufferPointer(rebasing: all[48...]))
        }
        #expect(whole.value == pieces.value)
        var other = WordHash()
        Array(bytes.dropLast()).withUnsafeBytes { other.add($0) }
        #expect(whole.value != other.value)
    }

    @Test("the manifest states the shape and the space of its vectors")
    func manifest() throws {
        let manifest = VisionEncoderPlugin.manifest
        let port = try #require(manifest.produces.first)
        #expect(port.kind == "embedding" && port.shape == [1280] && port.spaceID == EmbeddingSpace.pinned)
        #expect(port.dtype == "f32")
        #expect(manifest.consumes == ["image", "video"] && manifest.ownThreads == 0)
    }
}

@Suite("The image model on the sample picture")
struct VisionModelTests {
    @Test("the vector is the one that Pillow's bicubic filter leads to")
    func parity() throws {
        let file = try contents(of: ModelRunner.cache + "/samples/astronaut.png")
        let image = try decoded(file, Preprocessing.fit)
        let model = try ModelRunner("efficientnet-lite2/efficientnet-lite2.xml")
        let outputs = try model.run(image.rgb, type: Inference.TensorType.u8, shape: [1, 260, 260, 3], outputs: ["embedding", "logits"])
        let vector = try #require(UnitVector.normalized(outputs[0]))
        let expected = try #require(UnitVector.normalized(AstronautEmbedding.values))
        try #require(vector.count == VisionEncoderPlugin.dimensions && expected.count == vector.count)
        #expect(zip(vector, expected).reduce(0) { $0 + $1.0 * $1.1 } > 0.9995)
        // 560 = football helmet, the class that the reference gives most.
        #expect(Probabilities.top(1, logits: outputs[1]).first?.index == 560)
    }

    @Test("the installed weights are those of the pinned space")
    func space() throws {
        let path = ModelRunner.cache + "/models/efficientnet-lite2/efficientnet-lite2.bin"
        #expect(try EmbeddingSpace.identifier(weights: path) == EmbeddingSpace.pinned)
    }
}

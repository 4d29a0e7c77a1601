// Unsafe: the bytes of input tensors. Invariant: a tensor of shape [1, side, side, 3] has as many bytes as the decoded picture of that size.

import EventLoop
import Foundation
public import Fusion
import ImageDecoding
import Inference
import Wire

/// Runs the image network whose middle layers can be seen over many pictures, decoding in this process. Not on a loop: blocks.
public final class PictureEncoder: @unchecked Sendable {
    // Invariant: `service`, `model` and `loop` do not change; results cross threads through `Batch` alone.
    private let service: InferenceService
    private let model: CompiledModel
    private let loop: EventLoop

    public static let modelName = "efficientnet-lite2-layers"
    static let side = 160
    private static let outputs = ["mean", "max", "middle", "logits"]
    /// Pictures between decoding and result.
    static let inFlightMax = 8

    /// - Parameters:
    ///   - models: the folder with `efficientnet-lite2-layers/`.
    ///   - runtime: the folder with OpenVINO's libraries.
    public init(models: String, runtime: String, threads: Int) throws(TrainingError) {
        do {
            service = try InferenceService(configuration: InferenceConfiguration(libraryFolder: runtime, threads: threads))
            model = try service.loadModel(
                "\(models)/\(Self.modelName)/\(Self.modelName).xml", name: Self.modelName, options: ModelOptions(requests: threads))
            loop = try EventLoop(name: "pictures")
        } catch let error as RPCStatus {
            throw TrainingError(error.message)
        } catch {
            throw TrainingError("\(error)")
        }
        loop.start()
    }

    /// Ends the loop and the inference threads.
    public func close() {
        loop.stop()
        loop.join()
        service.shutDown()
    }

    /// Features by file as `PictureLayout` has them, in order; a picture that cannot be used is a failure that says why.
    public func encode(
        _ files: [String], done: @escaping @Sendable (Int) -> Void
    ) -> [Result<[Float], TrainingError>] {
        let batch = Batch(count: files.count, inFlightMax: Self.inFlightMax)
        for (index, file) in files.enumerated() {
            done(index)
            batch.enter()
            let prepared: (pixels: [UInt8], histogram: [Float], thumbnail: [Float])
            do throws(TrainingError) {
                prepared = try Self.prepare(file)
            } catch {
                batch.finish(index, .failure(error))
                continue
            }
            submit(prepared.pixels) { result in batch.finish(index, result.map { $0 + prepared.histogram + prepared.thumbnail }) }
        }
        return batch.wait()
    }

    private static func prepare(_ file: String) throws(TrainingError) -> (pixels: [UInt8], histogram: [Float], thumbnail: [Float]) {
        guard let data = FileManager.default.contents(atPath: file) else { throw TrainingError("\(file): no such file, or it cannot be read") }
        func decode(_ fit: ImageFit) throws(TrainingError) -> DecodedImage {
            let result = data.withUnsafeBytes { bytes in
                Result { () throws(ImageError) -> DecodedImage in try ImageDecoder.decode(bytes, fit: fit) }
            }
            switch result {
            case .success(let image): return image
            case .failure(let error): throw TrainingError("\(file): \(error.description)")
            }
        }
        let square = try decode(.exactly(width: side, height: side, kernel: .cubic))
        let small = try decode(.full(sideMax: 80))
        let tiny = try decode(.exactly(width: PictureMeasures.thumbnail.width, height: PictureMeasures.thumbnail.height, kernel: .linear))
        return (square.rgb, PictureMeasures.histogram(small), PictureMeasures.tiny(tiny))
    }

    private func submit(_ pixels: [UInt8], done: @escaping @Sendable (Result<[Float], TrainingError>) -> Void) {
        loop.submit { [service, model, loop] in
            do throws(RPCStatus) {
                let input = try service.tensor(.u8, [1, Self.side, Self.side, 3])
                pixels.withUnsafeBytes { input.bytes.copyMemory(from: $0) }
                let job = InferenceJob(model: model, inputs: [("image", input)], outputs: Self.outputs, priority: .background)
                _ = try service.submit(job, on: loop) { result in
                    done(
                        result.mapError { TrainingError($0.message) }.flatMap { tensors in
                            let values = tensors.flatMap { $0.floats() }
                            guard values.count == PictureLayout.logits.upperBound, values.allSatisfy(\.isFinite) else {
                                return .failure(TrainingError("the image model gave \(values.count) values, or some that are not finite"))
                            }
                            return .success(values)
                        })
                }
            } catch {
                done(.failure(TrainingError(error.message)))
            }
        }
    }

    /// Collects results in order; lets at most `inFlightMax` be under way.
    private final class Batch: @unchecked Sendable {
        // Invariant: everything is touched with the condition locked.
        private let condition = NSCondition()
        private var results: [Result<[Float], TrainingError>?]
        private var inFlight = 0
        private let inFlightMax: Int

        init(count: Int, inFlightMax: Int) {
            results = Array(repeating: nil, count: count)
            self.inFlightMax = inFlightMax
        }

        func enter() {
            condition.lock()
            while inFlight >= inFlightMax { condition.wait() }
            inFlight += 1
            condition.unlock()
        }

        func finish(_ index: Int, _ result: Result<[Float], TrainingError>) {
            condition.lock()
            results[index] = result
            inFlight -= 1
            condition.broadcast()
            condition.unlock()
        }

        func wait() -> [Result<[Float], TrainingError>] {
            condition.lock()
            defer { condition.unlock() }
            while inFlight > 0 { condition.wait() }
            return results.map { $0 ?? .failure(TrainingError("invariant: every picture is answered")) }
        }
    }
}

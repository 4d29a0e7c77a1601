import EventLoop
import Glibc
import Inference
import Testing
import Wire

@Suite(.serialized) struct ZBench {
    func rate(_ path: String, requests: Int, inflight: Int, seconds: Double, _ running: Int, make: (InferenceService) throws -> HostTensor) async throws -> String {
        let service = try Cache.service { $0.runningItemsMax = running; $0.niceIncrement = 0 }
        let model = try service.loadModel(path, name: "m", options: ModelOptions(requests: requests))
        let input = try make(service)
        let name = model.inputs[0].name, outs = [model.outputs[0].name]
        return try await withLoop { loop, done in
            final class S { var n = 0; var stop = false; var live = 0 }
            let s = LoopBound(S(), loop: loop)
            let t0 = loop.nowUs
            func go(_ fin: @escaping @Sendable (String) -> Void) {
                s.value.live += 1
                do throws(RPCStatus) {
                    _ = try service.submit(InferenceJob(model: model, inputs: [(name, input)], outputs: outs), on: loop) { r in
                        s.value.live -= 1
                        if case .failure(let e) = r { fin("\(e)"); return }
                        s.value.n += 1
                        let dt = Double(loop.nowUs - t0) / 1e6
                        if dt < seconds { go(fin) } else if s.value.live == 0 { fin("\(Int(Double(s.value.n) / dt))/s") }
                    }
                } catch { fin("\(error)") }
            }
            for _ in 0..<inflight { go(done) }
        }
    }

    @Test func rates() async throws {
        guard getenv("VITRINE_BENCH") != nil else { return }
        for _ in 0..<1 {
            for (requests, inflight) in [(1, 1), (1, 4), (2, 4), (3, 6), (4, 8)] {
                let a = try await rate("\(Cache.folder)/models/efficientnet-lite2/efficientnet-lite2.xml", requests: requests, inflight: inflight, seconds: 2, max(2, requests)) { try $0.tensor(.u8, [1, 260, 260, 3]) }
                let b = try await rate("\(Cache.folder)/models/muse/muse.xml", requests: requests, inflight: inflight, seconds: 2, max(2, requests)) { s in
                    let t = try s.tensor(.i64, [7])
                    for i in 0..<7 { t.bytes.storeBytes(of: Int64(i * 100 + 1), toByteOffset: i * 8, as: Int64.self) }
                    return t
                }
                print("requests \(requests) inflight \(inflight): lite2 \(a) muse \(b)")
            }
        }
    }
}

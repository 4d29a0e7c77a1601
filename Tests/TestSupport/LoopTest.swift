public import EventLoop
import Glibc

/// Where `make setup` puts models and the OpenVINO runtime.
public enum Cache {
    public static var folder: String {
        func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        return variable("VITRINE_CACHE") ?? variable("XDG_CACHE_HOME").map { "\($0)/vitrine" } ?? "\(variable("HOME") ?? "")/.cache/vitrine"
    }
}

/// A loop on a thread of its own, for the length of a test.
public func withLoop<R: Sendable>(
    _ clock: LoopClock.Mode = .real, _ body: @escaping @Sendable (EventLoop, @escaping @Sendable (R) -> Void) throws -> Void
) async throws -> R {
    let loop = try EventLoop(name: "test", clock: clock)
    loop.start()
    let result = try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<R, any Error>) in
        loop.submit {
            // The first outcome counts; a test may go on telling.
            let once = LoopBound(Once(continuation), loop: loop)
            do {
                try body(loop) { once.value.take()?.resume(returning: $0) }
            } catch {
                once.value.take()?.resume(throwing: error)
            }
        }
    }
    loop.stop()
    loop.join()
    return result
}

private final class Once<R: Sendable> {
    private var continuation: CheckedContinuation<R, any Error>?

    init(_ continuation: CheckedContinuation<R, any Error>) {
        self.continuation = continuation
    }

    func take() -> CheckedContinuation<R, any Error>? {
        defer { continuation = nil }
        return continuation
    }
}

/// `sum = a + b` over f32[?,3].
public let additionIR = """
    <?xml version="1.0"?>
    <net name="addition" version="11">
      <layers>
        <layer id="0" name="a" type="Parameter" version="opset1"><data shape="?,3" element_type="f32"/>
          <output><port id="0" precision="FP32" names="a"><dim>-1</dim><dim>3</dim></port></output></layer>
        <layer id="1" name="b" type="Parameter" version="opset1"><data shape="?,3" element_type="f32"/>
          <output><port id="0" precision="FP32" names="b"><dim>-1</dim><dim>3</dim></port></output></layer>
        <layer id="2" name="sum" type="Add" version="opset1"><data auto_broadcast="numpy"/>
          <input><port id="0" precision="FP32"><dim>-1</dim><dim>3</dim></port><port id="1" precision="FP32"><dim>-1</dim><dim>3</dim></port></input>
          <output><port id="2" precision="FP32" names="sum"><dim>-1</dim><dim>3</dim></port></output></layer>
        <layer id="3" name="result" type="Result" version="opset1">
          <input><port id="0" precision="FP32"><dim>-1</dim><dim>3</dim></port></input></layer>
      </layers>
      <edges>
        <edge from-layer="0" from-port="0" to-layer="2" to-port="0"/><edge from-layer="1" from-port="0" to-layer="2" to-port="1"/>
        <edge from-layer="2" from-port="2" to-layer="3" to-port="0"/>
      </edges>
    </net>
    """

import PluginHost
import Testing

@Suite("Programs that are run to their end")
struct ChildRunTests {
    @Test("one that closes its outputs and goes on is stopped when its time is over")
    func silent() throws {
        let clock = ContinuousClock()
        let began = clock.now
        let run = try ChildRun.run(["/bin/sh", "-c", "exec 1>&- 2>&-; sleep 30"], msMax: 200, outputBytesMax: 1_000)
        #expect(run.end == .timedOut)
        #expect(clock.now - began < .seconds(10))
    }

    @Test("one that closes its outputs and ends in time ends as it says")
    func quick() throws {
        let run = try ChildRun.run(["/bin/sh", "-c", "echo done; exec 1>&- 2>&-; sleep 0.05; exit 3"], msMax: 10_000, outputBytesMax: 1_000)
        #expect(run.end == .exit(3) && run.output == "done\n")
    }
}

import Catalog
import Testing

@testable import BackEnd

@Suite("A back end over TLS", .serialized)
struct TLSTests {
    private func asked(_ process: BackEndProcess, trusting certificates: String) async throws -> (came: Came<Int>, reports: [BackEndReport]) {
        var choice = BackEndChoice(url: "https://127.0.0.1:\(process.port)")
        (choice.connectMs, choice.attemptsMax, choice.certificates) = (5_000, 1, certificates)
        (choice.requestMs, choice.totalMs) = (5_000, 5_000)
        let reports = Reports()
        let backEnd = HTTPBackEnd(shop: "gold", calls: LoopCalls(choice)) { reports.add($0) }
        let outcome = try await onLoop {
            await came { () throws(StoreError) in try await backEnd.orders(of: BackEndProcess.ann, limit: 9).count }
        }
        return (outcome, reports.all)
    }

    @Test("is believed with its certificate among those that are trusted, and refused without")
    func trust() async throws {
        let certificate = try MadeCertificate(names: "IP:127.0.0.1")
        let process = try BackEndProcess(certificate: certificate)
        let trusted = try await asked(process, trusting: certificate.certificate)
        #expect(trusted.came == .value(2))
        let foreign = try await asked(process, trusting: "")
        #expect(foreign.came == .error(.unavailable))
        #expect(foreign.reports.map(\.outcome) == ["unreachable"])
        #expect(foreign.reports.first?.message.contains("certificate") == true, "\(foreign.reports)")
    }

    @Test("is refused when its certificate is another's, although that is trusted")
    func name() async throws {
        let certificate = try MadeCertificate(names: "DNS:shop.example")
        let process = try BackEndProcess(certificate: certificate)
        let outcome = try await asked(process, trusting: certificate.certificate)
        #expect(outcome.came == .error(.unavailable))
        #expect(outcome.reports.map(\.outcome) == ["unreachable"])
    }

    @Test("that speaks no TLS is refused: nothing is sent unencrypted")
    func plain() async throws {
        let certificate = try MadeCertificate(names: "IP:127.0.0.1")
        let process = try BackEndProcess()
        #expect(try await asked(process, trusting: certificate.certificate).came == .error(.unavailable))
        #expect(try process.told().seen.isEmpty)
    }
}

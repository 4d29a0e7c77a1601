import Foundation
import Glibc

/// A certificate that signs itself, made by openssl for one test.
final class MadeCertificate: Sendable {
    let certificate: String
    let key: String

    /// - Parameter names: what it is for, as openssl writes it: "IP:127.0.0.1", "DNS:shop.example".
    init(names: String) throws {
        let base = NSTemporaryDirectory() + "vitrine-tls-\(UUID().uuidString)"
        certificate = base + ".pem"
        key = base + ".key"
        // No shell, no thread of Foundation's: a short program that is waited for.
        let words = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
            "/CN=vitrine test", "-addext", "subjectAltName=\(names)", "-keyout", key, "-out", certificate,
        ]
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var id: pid_t = 0
        guard posix_spawnp(&id, "openssl", &actions, nil, &arguments, environ) == 0 else { throw Failed(what: "openssl is needed") }
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else { throw Failed(what: "openssl made no certificate (\(status))") }
    }

    deinit {
        unlink(certificate)
        unlink(key)
    }

    struct Failed: Error {
        var what: String
    }
}

// Unsafe: C strings that live as long as the harness. Invariant: allocated in `init`, freed in `deinit`, never changed.

import Glibc
import Wire

/// Options and model files as C strings.
final class HarnessTexts {
    let options: [String: UnsafeMutablePointer<CChar>]
    let paths: [String: UnsafeMutablePointer<CChar>]

    init(_ manifest: PluginManifest, options given: [String: String], modelFiles: [String: String]) {
        var options: [String: UnsafeMutablePointer<CChar>] = [:]
        for option in manifest.options { options[option.key] = strdup(given[option.key] ?? option.defaultValue) }
        self.options = options
        var paths: [String: UnsafeMutablePointer<CChar>] = [:]
        for model in manifest.models { paths[model.name] = strdup(modelFiles[model.name] ?? model.path) }
        self.paths = paths
    }

    deinit {
        for text in options.values { free(text) }
        for text in paths.values { free(text) }
    }
}

/// Runs a compute job where the host would: on another thread, and waits.
enum HarnessThread {
    private final class Job {
        let body: () -> Int32
        var result: Int32 = 0
        init(_ body: @escaping () -> Int32) { self.body = body }
    }

    static func run(_ body: @escaping () -> Int32) -> Int32 {
        let job = Job(body)
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                let job = Unmanaged<Job>.fromOpaque(context).takeUnretainedValue()
                job.result = job.body()
                return nil
            }, Unmanaged.passUnretained(job).toOpaque())
        precondition(status == 0, "the system gives a thread for a job")
        pthread_join(thread, nil)
        return withExtendedLifetime(job) { job.result }
    }
}

/// What a new plugin is called, in the ways its files need.
struct TemplateNames {
    /// "loud-words".
    let name: String
    /// Where PluginKit is.
    let source: TemplateSource
    /// What a Swift plugin must be compiled with: "swift-6.3".
    let compiler: String

    /// "LoudWords".
    var camel: String { name.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined() }
    /// "loud_words".
    var snake: String { name.split(separator: "-").joined(separator: "_") }

    /// A Swift target's name: those of a whole package graph must differ, and none of Vitrine's ends so.
    var module: String { camel + "Plugin" }

    /// Plugins that come with Vitrine.
    static let shipped: Set = ["pose-estimator", "speech-recognizer", "speech-synthesizer", "text-encoder", "vision-encoder"]

    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, (97...122).contains(first), text.utf8.count <= 64 else { return false }
        return text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 } && !text.hasSuffix("-") && !text.contains("--")
    }
}

/// Where a new plugin finds what it depends on: a source tree on this machine, or a repository.
enum TemplateSource {
    case tree(String)
    /// The repository's address.
    case repository(String)

    /// For a Package.swift.
    var swiftPackage: String {
        switch self {
        case .tree(let path): ".package(name: \"vitrine\", path: \"\(path)\")"
        case .repository(let url): ".package(url: \"\(url)\", branch: \"main\")"
        }
    }

    /// The name by which products of it are asked for: SwiftPM's own for a repository is its last part.
    var swiftPackageName: String {
        switch self {
        case .tree: return "vitrine"
        case .repository(let url):
            let last = url.split(separator: "/").last.map(String.init) ?? url
            return last.hasSuffix(".git") ? String(last.dropLast(4)) : last
        }
    }

    /// For pip.
    var pythonKit: String {
        switch self {
        case .tree(let path): "file://\(path)/Sources/PluginKitPython"
        case .repository(let url): "git+\(url)#subdirectory=Sources/PluginKitPython"
        }
    }
}

/// What every new plugin has, whatever its language: a server to serve with and a conversation that must pass.
enum ServeTemplate {
    private static let swiftImages = """
          # Builds in Swift stay mapped until the server ends. After 64 of them further ones run in processes of their own.
          at_swift_images_max: worker

        """

    /// - Parameter entry: what the configuration says of where the plugin is.
    static func files(_ names: TemplateNames, entry: String, isSwift: Bool = false) -> [(path: String, text: String)] {
        [
            (
                "serve/graph.yaml",
                """
                # Every text goes to the plugin; what it gives is shown to the customer.
                graph: 1
                name: \(names.name)
                nodes:
                  - {id: plugin, type: plugin, plugin: \(names.name), in: [client.text]}

                """
            ),
            (
                "serve/server.yaml",
                """
                listen: 127.0.0.1:7411
                admin_socket: admin.sock
                graph: graph.yaml
                plugins:
                  load:
                    - {name: \(names.name), \(entry)}
                \(isSwift ? swiftImages : "")
                """
            ),
        ]
    }
}

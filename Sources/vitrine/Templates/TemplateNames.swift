/// What a new plugin is called, in the ways its files need.
struct TemplateNames {
    /// "loud-words".
    let name: String
    /// The source tree of this program, where PluginKit and the headers are.
    let tree: String
    /// What a Swift plugin must be compiled with.
    let compiler: String

    /// "LoudWords".
    var camel: String { name.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined() }
    /// "loud_words".
    var snake: String { name.split(separator: "-").joined(separator: "_") }

    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, (97...122).contains(first), text.utf8.count <= 64 else { return false }
        return text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 } && !text.hasSuffix("-") && !text.contains("--")
    }
}

/// What every new plugin has, whatever its language: a server to serve with and a conversation that must pass.
enum ServeTemplate {
    /// - Parameter library: path of the built shared object below the plugin's folder.
    static func files(_ names: TemplateNames, library: String) -> [(path: String, text: String)] {
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
                    - {name: \(names.name), file: ../\(library)}

                """
            ),
        ]
    }
}

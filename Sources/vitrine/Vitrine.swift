// The command line: reads arguments, calls one module, prints. No logic of its own.

import ArgumentParser
import Server

/// Of two modules' options this module means the command line's.
typealias Option<Value> = ArgumentParser.Option<Value>

@main
struct Vitrine: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vitrine",
        abstract: "A shopping-agent server that listens, reads, looks and answers.",
        version: ServerVersion.text,
        subcommands: [
            ServeCommand.self, ChatCommand.self, ReplayCommand.self, PluginCommand.self, CatalogCommand.self, GraphCommand.self, AdminCommand.self,
            TrainCommand.self, EvaluateCommand.self, RecordingCommand.self, DialogueCommand.self, HandoffCommand.self, PrivacyCommand.self,
        ])
}

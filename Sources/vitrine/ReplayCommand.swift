import ArgumentParser

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Play scripted conversations against a server, check the answers, report.",
        discussion: "`vitrine replay FILE…` plays; the other words below do something else with scripts and reports.",
        subcommands: [ReplayPlayCommand.self, ReplayCheckCommand.self, ReplayCompareCommand.self], defaultSubcommand: ReplayPlayCommand.self)

    /// What `vitrine replay` exits with.
    enum Exit {
        /// Something expected did not come.
        static let failed: Int32 = 1
        static let usage: Int32 = 64
        /// A script, a file that it names, or a report cannot be read.
        static let badFile: Int32 = 65
        /// No conversation could be begun: there is no server.
        static let unreachable: Int32 = 69
        /// A report cannot be written.
        static let cannotWrite: Int32 = 73
        /// What failed passed at other times.
        static let flaky: Int32 = 75
    }
}

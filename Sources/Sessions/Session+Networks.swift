import EventLoop
import Fusion
import Wire

/// The step between fusing and deciding: networks are asked, off the loop, and answer within the graph's `decide_ms` or are done without.
extension Session {
    func ask(_ runs: [NetworkRun], of turn: Turn) {
        turn.round += 1
        let round = turn.round
        turn.judging?.waiting = runs.map { Turn.Judging.Question(step: $0.step, sinceUs: loop.nowUs) }
        for (place, run) in runs.enumerated() {
            do throws(RPCStatus) {
                guard let networks = turn.deployment.networks else {
                    throw RPCStatus(.unavailable, "no inference service runs the network of '\(run.step)'")
                }
                let question = try networks.ask(run, session: key, deadlineUs: turn.deadlineUs, on: loop) { [weak self, weak turn] result in
                    guard let self, let turn, !self.ended else { return }
                    self.answered(run, result, round: round, turn)
                }
                turn.judging?.waiting[place].number = question
            } catch {
                answered(run, .failure(error), round: round, turn)
            }
        }
    }

    /// An answer counts for the round of questions it was asked in: what was decided, amended or interrupted meanwhile needs it no more.
    private func answered(_ run: NetworkRun, _ result: Result<[Float], RPCStatus>, round: Int, _ turn: Turn) {
        guard turn.round == round, let place = turn.judging?.waiting.firstIndex(where: { $0.step == run.step && !$0.isAnswered }) else { return }
        turn.judging?.waiting[place].isAnswered = true
        turn.note(node: run.step, sinceUs: turn.judging?.waiting[place].sinceUs ?? loop.nowUs, nowUs: loop.nowUs)
        switch result {
        case .success(let output):
            do throws(FusionError) {
                turn.judging?.outcome.decisions.append((run.step, try run.decision(output)))
            } catch {
                problem(RPCStatus(.internalError, error.message), turnID: turn.id)
            }
        case .failure(let status):
            problem(RPCStatus(status.code, "the network of '\(run.step)': \(status.message)"), turnID: turn.id)
        }
        apply(turn.machine.handle(.judged), to: turn)
    }

    /// Who has not answered is not waited for; a late answer is not looked at.
    func cancelNetworks(_ turn: Turn) {
        turn.round += 1
        for question in turn.judging?.waiting ?? [] where !question.isAnswered {
            if let number = question.number { turn.deployment.networks?.cancel(number) }
        }
    }
}

#include "live/inference/router.h"

#include "base/limits.h"

namespace sotto::inference {

void Router::run(InferenceGraph graph, std::shared_ptr<KnowledgeBase const> knowledge,
                 std::function<void(InferenceGraph const&, NodeResults const&)> done) {
  NodeResults results;
  results.asked = results.started = results.answered = clock_.now();
  if (graph.texts.empty()) return done(graph, results);
  ModelRequest request{.model = "sentence-encoder", .texts = graph.texts, .deadline = graph.deadline};
  shard_.infer(std::move(request), [this, graph = std::move(graph), knowledge = std::move(knowledge),
                                    done = std::move(done), results](Result<ModelResponse> response) mutable {
    up_ = response.has_value() || response.error().code == "deadline";
    if (response) {
      results.started = results.asked + response->queue;
      for (std::size_t i = 0; i < graph.texts.size(); ++i)
        results.vectors[graph.texts[i]] = std::move(response->vectors[i]);
      Reader const reader{.team = graph.team, .today = std::chrono::floor<std::chrono::days>(results.asked)};
      if (knowledge) results.answer = knowledge->ask(graph.questions, results.vectors, graph.articles, reader);
    } else {
      results.failed = true;
      metrics_.count(Counter::graphs_late);
    }
    results.answered = clock_.now();
    metrics_.observe(Histogram::inference, results.answered - results.asked);
    done(graph, results);
  });
}

void Router::ask(std::string question, std::shared_ptr<KnowledgeBase const> knowledge, std::string team,
                 std::function<void(Result<Asked>)> done) {
  Reader reader{.team = std::move(team), .today = std::chrono::floor<std::chrono::days>(clock_.now())};
  ModelRequest request{
      .model = "sentence-encoder", .texts = {question}, .deadline = clock_.now() + limits::graph_deadline};
  shard_.infer(std::move(request),
               [question = std::move(question), knowledge = std::move(knowledge), reader = std::move(reader),
                done = std::move(done)](Result<ModelResponse> response) {
                 if (!response) return done(std::unexpected(response.error()));
                 auto const& vector = response->vectors[0];
                 done(Asked{.knowledge = knowledge,
                            .answer = knowledge->ask(question, vector, "*", reader),
                            .nearest = knowledge->rank(question, vector, "*", reader, 3)});
               });
}

}  // namespace sotto::inference

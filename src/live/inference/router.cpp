#include "live/inference/router.h"

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
      for (auto const& question : graph.questions) {
        if (!knowledge) break;
        auto answer = knowledge->ask(question, results.vectors[question], graph.articles);
        if (answer && (!results.answer || answer->score > results.answer->score)) results.answer = std::move(answer);
      }
    } else {
      results.failed = true;
      metrics_.count(Counter::graphs_late);
    }
    results.answered = clock_.now();
    metrics_.observe(Histogram::inference, results.answered - results.asked);
    done(graph, results);
  });
}

}  // namespace sotto::inference

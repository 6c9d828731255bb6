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
      if (knowledge) results.answer = knowledge->ask(graph.questions, results.vectors, graph.articles);
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

#include "live/inference/router.h"

namespace sotto::inference {

namespace {

// What the texts want, by every model of the tenant. Where n-grams alone are sure the vector is not looked at.
void judge(InferenceGraph const& graph, IntentModels const& models, NodeResults& results) {
  for (auto const& text : graph.texts) {
    auto& judgements = results.judgements[text];
    for (auto const& model : models) {
      auto const vector = results.vectors.find(text);
      if (auto sure = model->judge(text)) judgements.push_back(std::move(*sure));
      else if (vector != results.vectors.end() && vector->second.size() == model->width())
        judgements.push_back(model->judge(text, vector->second));
    }
  }
}

}  // namespace

void Router::run(InferenceGraph graph, TenantModels models,
                 std::function<void(InferenceGraph const&, NodeResults const&)> done) {
  NodeResults results;
  results.asked = results.started = results.answered = clock_.now();
  if (graph.texts.empty()) return done(graph, results);
  ModelRequest request{.model = "sentence-encoder", .texts = graph.texts, .deadline = graph.deadline};
  shard_.infer(std::move(request), [this, graph = std::move(graph), models = std::move(models), done = std::move(done),
                                    results](Result<ModelResponse> response) mutable {
    up_ = response.has_value() || response.error().code == "deadline";
    if (response) {
      results.started = results.asked + response->queue;
      for (std::size_t i = 0; i < graph.texts.size(); ++i)
        results.vectors[graph.texts[i]] = std::move(response->vectors[i]);
      for (std::size_t i = 0; i < response->sentiments.size(); ++i)
        results.sentiments[graph.texts[i]] = response->sentiments[i];
      if (models.knowledge) results.answer = models.knowledge->ask(graph.questions, results.vectors, graph.articles);
    } else {
      results.failed = true;
      metrics_.count(Counter::graphs_late);
    }
    if (graph.wants_intents && models.intents) judge(graph, *models.intents, results);
    results.answered = clock_.now();
    metrics_.observe(Histogram::inference, results.answered - results.asked);
    done(graph, results);
  });
}

}  // namespace sotto::inference

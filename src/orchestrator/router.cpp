#include "orchestrator/router.h"

#include <span>

#include "base/limits.h"

namespace sotto::orchestrator {

namespace {

// What the units want, by every model of the tenant. Where n-grams alone are sure the vector is not looked at.
void judge(InferenceGraph const& graph, knowledge::IntentModels const& models, NodeResults& results) {
  for (auto const& text : std::span(graph.texts).first(graph.units)) {
    auto& judgements = results.judgements[text];
    for (auto const& model : models) {
      auto const vector = results.vectors.find(text);
      if (auto sure = model->judge(text, graph.before)) judgements.push_back(std::move(*sure));
      else if (vector != results.vectors.end() && vector->second.size() == model->width())
        judgements.push_back(model->judge(text, vector->second, graph.before));
    }
  }
}

}  // namespace

void Router::run(InferenceGraph graph, TenantModels models,
                 std::function<void(InferenceGraph const&, NodeResults const&)> done) {
  NodeResults results;
  results.asked = results.started = results.answered = clock_.now();
  if (graph.texts.empty()) return done(graph, results);
  ModelRequest request{.model = "sentence-encoder",
                       .texts = graph.texts,
                       .sentiments = graph.sentiments_wanted,
                       .meanings = graph.meanings_wanted,
                       .lane = QueueLane::live,
                       .deadline = graph.deadline};
  shard_.infer(std::move(request), [this, graph = std::move(graph), models = std::move(models), done = std::move(done),
                                    results](Result<ModelResponse> response) mutable {
    up_ = response.has_value() || response.error().code == "deadline";
    if (response) {
      results.started = results.asked + response->queue;
      for (std::size_t i = 0; i < graph.texts.size(); ++i)
        results.vectors[graph.texts[i]] = std::move(response->vectors[i]);
      for (std::size_t i = 0; i < response->meanings.size(); ++i)
        results.meanings[graph.texts[i]] = std::move(response->meanings[i]);
      for (std::size_t i = 0; i < response->sentiments.size(); ++i)
        results.sentiments[graph.texts[i]] = response->sentiments[i];
      knowledge::Reader const reader{.team = graph.team, .today = std::chrono::floor<std::chrono::days>(results.asked)};
      if (models.knowledge)
        for (auto const& articles : graph.articles) {
          if (auto answer = models.knowledge->ask(graph.questions, results.vectors, articles, reader))
            results.answers.emplace(articles, std::move(*answer));
        }
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

void Router::ask(std::string question, std::shared_ptr<knowledge::KnowledgeBase const> knowledge, std::string team,
                 std::function<void(Result<Asked>)> done) {
  knowledge::Reader reader{.team = std::move(team), .today = std::chrono::floor<std::chrono::days>(clock_.now())};
  auto texts = knowledge::KnowledgeBase::texts_to_find(question);
  ModelRequest request{.model = "sentence-encoder",
                       .texts = texts,
                       .lane = QueueLane::ask,
                       .deadline = clock_.now() + limits::kGraphDeadline};
  shard_.infer(std::move(request),
               [question = std::move(question), texts = std::move(texts), knowledge = std::move(knowledge),
                reader = std::move(reader), done = std::move(done)](Result<ModelResponse> response) {
                 if (!response) return done(std::unexpected(response.error()));
                 knowledge::Vectors vectors;
                 for (std::size_t i = 0; i < texts.size(); ++i) vectors[texts[i]] = std::move(response->vectors[i]);
                 // Of a story too the answer is to the whole: that is what tells when there is none.
                 done(Asked{.knowledge = knowledge,
                            .answer = knowledge->ask(question, vectors[question], "*", reader),
                            .nearest = knowledge->nearest(question, vectors, reader, 3)});
               });
}

}  // namespace sotto::orchestrator

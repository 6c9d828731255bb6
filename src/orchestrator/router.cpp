#include "orchestrator/router.h"

#include <span>

#include "base/limits.h"

namespace sotto::orchestrator {

namespace {

// What the units want, by every model of the tenant. Where n-grams alone are sure the vector is not looked at.
void judge(InferenceGraph const& graph, knowledge::IntentModels const& models, NodeResults& results) {
  for (auto const& [text, wanted] : std::span(graph.texts).first(graph.units)) {
    auto& judgements = results.judgements[text];
    for (auto const& model : models) {
      auto const vector = results.vectors.find(text);
      if (auto sure = model->judge(text, graph.before)) judgements.push_back(std::move(*sure));
      else if (vector != results.vectors.end() && vector->second.size() == model->width())
        judgements.push_back(model->judge(text, vector->second, graph.before));
    }
  }
}

// What came back of a graph's texts.
void note(ModelResponse response, InferenceGraph const& graph, NodeResults& results) {
  results.started = results.asked + response.queue;
  for (std::size_t i = 0; i < graph.texts.size(); ++i) {
    auto const& [text, wanted] = graph.texts[i];
    auto& reading = response.texts[i];
    if (wanted.vector) results.vectors[text] = std::move(reading.vector);
    if (wanted.meaning) results.meanings[text] = std::move(reading.meaning);
    if (reading.sentiment) results.sentiments[text] = *reading.sentiment;
  }
}

ModelRequest to_read(std::span<knowledge::KnowledgeBase::Candidate const> candidates, QueueLane lane, Time deadline) {
  ModelRequest request{.model = "sentence-encoder", .texts = {}, .pairs = {}, .lane = lane, .deadline = deadline};
  for (auto const& candidate : candidates)
    request.pairs.push_back({knowledge::KnowledgeBase::to_read(candidate), candidate.question});
  return request;
}

// A shard that does not read leaves it to the score.
std::optional<double> answers_at(ModelResponse const& response, std::size_t place) {
  return place < response.answers.size() ? std::optional<double>(response.answers[place]) : std::nullopt;
}

}  // namespace

// One graph on its way through the models.
struct Router::Run {
  InferenceGraph graph;
  TenantModels models;
  std::function<void(InferenceGraph const&, NodeResults const&)> done;
  NodeResults results{};
  // What may answer: by the glob that was asked.
  std::vector<std::string> articles{};
  std::vector<knowledge::KnowledgeBase::Candidate> candidates{};
};

void Router::run(InferenceGraph graph, TenantModels models,
                 std::function<void(InferenceGraph const&, NodeResults const&)> done) {
  auto run = std::make_shared<Run>(Run{std::move(graph), std::move(models), std::move(done)});
  auto& results = run->results;
  results.asked = results.started = results.answered = clock_.now();
  if (run->graph.texts.empty()) return run->done(run->graph, results);
  ModelRequest request{.model = "sentence-encoder",
                       .texts = run->graph.texts,
                       .pairs = {},
                       .lane = QueueLane::live,
                       .deadline = run->graph.deadline};
  shard_.infer(std::move(request), [this, run](Result<ModelResponse> response) {
    up_ = response.has_value() || response.error().code == "deadline";
    if (!response) {
      run->results.failed = true;
      return finish(*run);
    }
    note(std::move(*response), run->graph, run->results);
    read(run);
  });
}

// The passages that may answer, beside their questions. What cannot be read in time is not shown.
void Router::read(std::shared_ptr<Run> const& run) {
  auto const& graph = run->graph;
  if (run->models.knowledge) {
    knowledge::Reader const reader{.team = graph.team,
                                   .today = std::chrono::floor<std::chrono::days>(run->results.asked)};
    for (auto const& articles : graph.articles) {
      auto found = run->models.knowledge->candidate(graph.questions, run->results.vectors, articles, reader);
      if (!found) continue;
      if (!run->models.knowledge->reads(*found)) {
        if (auto answer = run->models.knowledge->decide(*found, std::nullopt))
          run->results.answers.emplace(articles, std::move(*answer));
        continue;
      }
      run->articles.push_back(articles);
      run->candidates.push_back(std::move(*found));
    }
  }
  if (run->candidates.empty()) return finish(*run);
  shard_.infer(to_read(run->candidates, QueueLane::live, graph.deadline), [this, run](Result<ModelResponse> response) {
    if (!response) metrics_.count(Counter::graphs_late);
    for (std::size_t i = 0; response && i < run->candidates.size(); ++i) {
      if (auto answer = run->models.knowledge->decide(run->candidates[i], answers_at(*response, i)))
        run->results.answers.emplace(run->articles[i], std::move(*answer));
    }
    finish(*run);
  });
}

void Router::finish(Run& run) {
  auto& results = run.results;
  if (results.failed) metrics_.count(Counter::graphs_late);
  if (run.graph.wants_intents && run.models.intents) judge(run.graph, *run.models.intents, results);
  results.answered = clock_.now();
  metrics_.observe(Histogram::inference, results.answered - results.asked);
  run.done(run.graph, results);
}

void Router::ask(std::string question, std::shared_ptr<knowledge::KnowledgeBase const> knowledge, std::string team,
                 std::function<void(Result<Asked>)> done) {
  knowledge::Reader reader{.team = std::move(team), .today = std::chrono::floor<std::chrono::days>(clock_.now())};
  auto texts = knowledge::KnowledgeBase::texts_to_find(question);
  auto const deadline = clock_.now() + limits::kGraphDeadline;
  ModelRequest request{
      .model = "sentence-encoder", .texts = {}, .pairs = {}, .lane = QueueLane::ask, .deadline = deadline};
  for (auto const& text : texts) request.texts.push_back({text});
  shard_.infer(std::move(request), [this, question = std::move(question), texts = std::move(texts),
                                    knowledge = std::move(knowledge), reader = std::move(reader), deadline,
                                    done = std::move(done)](Result<ModelResponse> response) mutable {
    if (!response) return done(std::unexpected(response.error()));
    knowledge::Vectors vectors;
    for (std::size_t i = 0; i < texts.size(); ++i) vectors[texts[i]] = std::move(response->texts[i].vector);
    Asked asked{.knowledge = knowledge, .answer = {}, .nearest = knowledge->nearest(question, vectors, reader, 3)};
    // Of a story too the answer is to the whole: that is what tells when there is none.
    auto found = knowledge->candidate({question}, vectors, "*", reader);
    if (!found) return done(std::move(asked));
    if (!knowledge->reads(*found)) {
      asked.answer = knowledge->decide(*found, std::nullopt);
      return done(std::move(asked));
    }
    auto request_to_read = to_read(std::span(&*found, 1), QueueLane::ask, deadline);
    shard_.infer(std::move(request_to_read), [asked = std::move(asked), found = std::move(*found),
                                              done = std::move(done)](Result<ModelResponse> read) mutable {
      if (!read) return done(std::unexpected(read.error()));
      asked.answer = asked.knowledge->decide(found, answers_at(*read, 0));
      done(std::move(asked));
    });
  });
}

}  // namespace sotto::orchestrator

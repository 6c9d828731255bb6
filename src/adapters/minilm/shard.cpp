#include "adapters/minilm/shard.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/limits.h"

namespace sotto {

namespace {
constexpr auto kLater = [](auto const& one, auto const& other) {
  return std::tuple(one.request.lane, one.request.deadline, one.number) >
         std::tuple(other.request.lane, other.request.deadline, other.number);
};

std::size_t most_of(QueueLane lane) {
  return lane == QueueLane::ask ? limits::kAsksWaitingMax : limits::kShardQueueMax;
}

bool has(TextReading const& reading, WantedOfText wanted) {
  return (!wanted.vector || !reading.vector.empty()) && (!wanted.meaning || !reading.meaning.empty()) &&
         (!wanted.sentiment || reading.sentiment);
}

// What was read before is not forgotten.
WantedOfText together(WantedOfText wanted, TextReading const* before) {
  if (!before) return wanted;
  return {.vector = wanted.vector || !before->vector.empty(),
          .meaning = wanted.meaning || !before->meaning.empty(),
          .sentiment = wanted.sentiment || before->sentiment};
}

TextReading only(WantedOfText wanted, TextReading reading) {
  if (!wanted.vector) reading.vector.clear();
  if (!wanted.meaning) reading.meaning.clear();
  if (!wanted.sentiment) reading.sentiment.reset();
  return reading;
}

}  // namespace

Result<std::unique_ptr<MinilmShard>> MinilmShard::make(MinilmOptions options, Executor& executor, Clock const& clock) {
  auto encoder = SentenceEncoder::load(options.folder);
  if (!encoder) return std::unexpected(encoder.error());
  return std::unique_ptr<MinilmShard>(new MinilmShard(std::move(*encoder), options, executor, clock));
}

MinilmShard::MinilmShard(SentenceEncoder encoder, MinilmOptions const& options, Executor& executor, Clock const& clock)
    : encoder_(std::move(encoder)),
      executor_(executor),
      clock_(clock),
      cache_(options.cached_vectors),
      passages_(options.cached_passages),
      worker_([this](std::stop_token stop) { work(stop); }) {}

MinilmShard::~MinilmShard() {
  worker_.request_stop();
  worker_.join();
  Lock lock(mutex_);
  for (auto& waiting : queue_) answer(std::move(waiting.done), fail("model_failed", "The model was stopped."));
}

void MinilmShard::infer(ModelRequest request, Done done) {
  if (request.model != model) {
    return answer(std::move(done), fail("unknown_model", fmt::format("There is no model {}.", request.model)));
  }
  {
    Lock lock(mutex_);
    auto& waiting = waiting_[static_cast<std::size_t>(request.lane)];
    if (waiting < most_of(request.lane)) {
      ++waiting;
      queue_.push_back({std::move(request), std::move(done), clock_.now(), next_number_++});
      std::ranges::push_heap(queue_, kLater);
      arrived_.notify_one();
      return;
    }
  }
  auto const reason = fmt::format("More than {} requests wait for {}.", most_of(request.lane), model);
  answer(std::move(done), fail("queue_full", reason));
}

void MinilmShard::answer(Done done, Result<ModelResponse> result) {
  executor_.post([done = std::move(done), result = std::move(result)]() mutable { done(std::move(result)); });
}

void MinilmShard::work(std::stop_token stop) {
  for (Waiting next; take(stop, next);) {
    auto result = run(next);
    answer(std::move(next.done), std::move(result));
  }
}

bool MinilmShard::take(std::stop_token const& stop, Waiting& next) {
  Lock lock(mutex_);
  arrived_.wait(mutex_, stop, [this]() REQUIRES(mutex_) { return !queue_.empty(); });
  if (stop.stop_requested()) return false;
  std::ranges::pop_heap(queue_, kLater);
  next = std::move(queue_.back());
  queue_.pop_back();
  --waiting_[static_cast<std::size_t>(next.request.lane)];
  return true;
}

Result<ModelResponse> MinilmShard::run(Waiting const& waiting) {
  auto const& texts = waiting.request.texts;
  auto const begin = clock_.now();
  auto const known = [&](ModelText const& text) {
    auto const* reading = cache_.get(text.text);
    return reading && has(*reading, text.wanted) ? reading : nullptr;
  };
  std::size_t unknown = 0;
  for (auto const& text : texts) unknown += known(text) ? 0 : 1;
  auto const& pairs = waiting.request.pairs;
  if (begin + text_cost_ * unknown + pair_cost_ * pairs.size() > waiting.request.deadline) {
    return fail("deadline", fmt::format("{} texts could not be read in time.", texts.size() + pairs.size()));
  }
  ModelResponse response{.model_version = version, .queue = begin - waiting.arrived};
  for (auto const& text : texts) {
    auto const* reading = known(text);
    if (!reading) {
      auto const started = clock_.now();
      auto fresh = encoder_.read(text.text, together(text.wanted, cache_.get(text.text)));
      if (!fresh) return std::unexpected(fresh.error());
      text_cost_ += (clock_.now() - started - text_cost_) / 8;
      cache_.put(text.text, std::move(*fresh));
      reading = cache_.get(text.text);
    }
    response.texts.push_back(only(text.wanted, *reading));
  }
  for (auto const& pair : pairs) {
    auto const started = clock_.now();
    auto const answers = read(pair);
    if (!answers) return std::unexpected(answers.error());
    pair_cost_ += (clock_.now() - started - pair_cost_) / 8;
    response.answers.push_back(*answers);
  }
  response.compute = clock_.now() - begin;
  return response;
}

Result<float> MinilmShard::read(PassageAndQuestion const& pair) {
  auto const* passage = passages_.get(pair.passage);
  if (!passage) {
    auto half = encoder_.lower_half(pair.passage);
    if (!half) return std::unexpected(half.error());
    passages_.put(pair.passage, std::move(*half));
    passage = passages_.get(pair.passage);
  }
  auto const question = encoder_.lower_half(pair.question);
  if (!question) return std::unexpected(question.error());
  return encoder_.answers(*passage, *question);
}

}  // namespace sotto

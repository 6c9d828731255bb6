// The scripted recogniser of the pipeline tests keeps the same promises as the real one, and cuts elsewhere.
#include "contract/recognizer_contract.h"
#include "support/scripted_recognizer.h"

namespace sotto {
namespace {

struct ScriptedFixture {
  Recognizer& recognizer() { return scripted; }
  ManualExecutor& executor() { return tasks; }
  std::vector<float> audio() { return std::vector<float>(40'123); }

  ManualExecutor tasks;
  ScriptedRecognizer scripted{tasks, {{8'000, "good morning"}, {3'000, ""}, {12'345, "how can I help you"}, {700, ""}}};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Scripted, RecognizerContract, ScriptedFixture);

TEST(ScriptedRecognizer, NothingFollowsALoss) {
  ManualExecutor tasks;
  ScriptedRecognizer scripted(tasks, {{100, "yes"}});
  std::vector<SpeechEvent> events;
  auto const stream = scripted.open([&](SpeechEvent event) { events.push_back(std::move(event)); });
  scripted.streams.front()->lose("gone");
  stream->push(0, std::vector<float>(1000));
  stream->finish();
  tasks.run_all();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(std::get<SpeechLost>(events[0]).reason, "gone");
}

}  // namespace
}  // namespace sotto

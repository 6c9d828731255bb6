// clinc150: 150 intents and what is none of them. Trained on the training parts, judged on the validation parts.
// Prints `in_scope` (the right intent, among in-scope texts), `oos_recall` (out-of-scope texts refused where 95 % of
// in-scope texts are kept), and the mean times of a final: the cascade with its sentence vector, n-grams alone.
#include <algorithm>
#include <fstream>
#include <sstream>

#include <boost/json.hpp>

#include "intent_eval.h"

using namespace sotto;

int main() {
  eval::Encoder encode;
  std::ifstream in(eval::data() / "clinc150/data_full_trainval.json");
  std::stringstream all;
  all << in.rdbuf();
  auto const data = boost::json::parse(all.str()).as_object();
  auto const rows = [&](char const* part, bool in_scope) {
    std::vector<language::Example> out;
    for (auto const& row : data.at(part).as_array()) {
      auto const& pair = row.as_array();
      language::Example example{.text = std::string(pair[0].as_string()), .intents = {}, .vector = {}};
      if (in_scope) example.intents.emplace_back(pair[1].as_string());
      example.vector = encode(example.text);
      out.push_back(std::move(example));
    }
    return out;
  };
  auto training = rows("train", true);
  std::ranges::move(rows("oos_train", false), std::back_inserter(training));
  auto const model = eval::trained(training, 3);

  double right = 0;
  std::vector<double> inside, outside;
  auto const validation = rows("val", true);
  for (auto const& row : validation) {
    auto const judged = eval::judge(model, row.text, row.vector);
    right += judged.intents.front().name == row.intents.front();
    inside.push_back(judged.in_scope);
  }
  auto const others = rows("oos_val", false);
  for (auto const& row : others) outside.push_back(eval::judge(model, row.text, row.vector).in_scope);
  std::ranges::sort(inside);
  auto const limit = inside[inside.size() / 20];  // 95 % lie above
  auto const refused = static_cast<double>(std::ranges::count_if(outside, [&](double p) { return p < limit; }));
  eval::print_share("clinc150", "in_scope", right, static_cast<double>(validation.size()), 0.967, 0.975);
  eval::print_share("clinc150", "oos_recall", refused, static_cast<double>(others.size()), 0.86, 0.93);

  auto encoder = SentenceEncoder::load(".cache/minilm");
  std::size_t by_words = 0;
  auto begin = std::chrono::steady_clock::now();
  for (auto const& row : validation) {
    if (model.judge(row.text)) ++by_words;
    else model.judge(row.text, encoder->encode(row.text).value());
  }
  auto const n = validation.size();
  eval::print_value("clinc150", "cascade_ms", eval::milliseconds_since(begin) / static_cast<double>(n), "ms", n, 1.5,
                    0.5, fmt::format(R"(,"by_words":{:.3f})", static_cast<double>(by_words) / static_cast<double>(n)));
  begin = std::chrono::steady_clock::now();
  for (auto const& row : validation) model.judge(row.text);
  eval::print_value("clinc150", "linear_us", eval::milliseconds_since(begin) * 1000 / static_cast<double>(n), "us", n,
                    20, 5);
}

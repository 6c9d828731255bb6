#include "knowledge/answer_calibration.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace sotto::knowledge {

double AnswerCalibration::probability(double score, std::optional<double> read) const {
  auto const logit = slope * (score - middle) + (read ? of_read * *read + when_read : 0);
  return 1 / (1 + std::exp(-logit));
}

double AnswerCalibration::score_of(double chance) const { return middle + std::log(chance / (1 - chance)) / slope; }

Result<AnswerCalibration> fit(std::vector<ScoredAnswer> const& answers) {
  auto const n = static_cast<double>(answers.size());
  auto const right = static_cast<double>(std::ranges::count_if(answers, &ScoredAnswer::right));
  auto const fewest = static_cast<std::size_t>(std::min(right, n - right));
  if (answers.size() < kQuestionsLeast || fewest < kQuestionsLeastOfAKind) {
    return fail(
        "too_few_questions",
        fmt::format("the best passage is right for {} of {} questions; at least {} questions, and {} of each kind",
                    right, n, kQuestionsLeast, kQuestionsLeastOfAKind));
  }
  double const up = (right + 1) / (right + 2), down = 1 / (n - right + 2);
  double slope = 0, bias = 0;
  for (int step = 0; step < 100; ++step) {
    double g0 = 0, g1 = 0, h00 = 1e-6, h01 = 0, h11 = 1e-6;
    for (auto const& [score, is_right] : answers) {
      double const p = 1 / (1 + std::exp(-(slope * score + bias))), error = p - (is_right ? up : down), w = p * (1 - p);
      g0 += error, g1 += error * score, h00 += w, h01 += w * score, h11 += w * score * score;
    }
    double const determinant = h00 * h11 - h01 * h01;
    bias -= (h11 * g0 - h01 * g1) / determinant;
    slope -= (h00 * g1 - h01 * g0) / determinant;
  }
  // Where a higher score does not speak for an answer the questions are not what they say.
  if (!std::isfinite(slope) || !std::isfinite(bias) || slope < 1)
    return fail("bad_fit", "passages with a higher score do not answer its questions more often");
  return AnswerCalibration{.slope = slope, .middle = -bias / slope, .of_read = 0, .when_read = 0};
}

}  // namespace sotto::knowledge

#include "engine/friction/followed.hpp"

#include <catch2/catch.hpp>
#include <iostream>
#include <random>

namespace lotse::test {

TEST_CASE("time in a state: the plain mean where all are over", "[friction][scorecard]") {
  Followed followed;
  TimeInState state;
  followed.add(10, 1);
  followed.add(20, 2);
  followed.add(30, 1);
  state.add(0, 10);
  state.add(5, 20);
  state.add(7, 7);

  CHECK(state.mean(followed.times()) == Duration{8});  // 25 / 3
  CHECK(TimeInState().mean(followed.times()) == Duration{0});
  CHECK(state.mean({}) == Duration{0});
}

TEST_CASE("share_of: the plain share with the plain sample where all are over", "[friction][scorecard]") {
  Followed followed;
  for (int i = 0; i < 40; ++i) followed.add(i, i < 10 ? 1 : 2);

  const Share share = share_of(followed.times(), 1, 39);

  CHECK(share.n == Approx(40));
  CHECK(share.x == Approx(10));
  CHECK(share_of(followed.times(), 3, 39) == Share{0, 40});
  CHECK(share_of({}, 1, 39) == Share{});
}

TEST_CASE("time in a state: unbiased where the date cuts many off, as the mean of those over is not",
          "[friction][scorecard]") {
  // Lives last up to 1,000, the first half of each in the state: 250 on average. Watched for 0 to 1,500.
  std::mt19937_64 dice(7);
  const auto draw = [&](std::int64_t below) {
    return static_cast<std::int64_t>(dice() % static_cast<std::uint64_t>(below));
  };
  Followed followed;
  TimeInState state;
  double over = 0;
  double of_those_over = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::int64_t life = 1 + draw(1'000);
    const std::int64_t watched = 1 + draw(1'500);
    followed.add(std::min(life, watched), life <= watched ? 1 : 0);
    state.add(0, std::min(life / 2, watched));
    if (life > watched) continue;
    ++over;
    of_those_over += static_cast<double>(life) / 2;
  }

  const auto mean = static_cast<double>(state.mean(followed.times()).count());

  std::cout << "mean time in a state, truth 250: " << mean << "; of those over " << of_those_over / over
            << "\n";
  CHECK(mean == Approx(250).margin(4));  // two standard errors of 144/√20,000, and what is censored
  CHECK(of_those_over / over < 230);
}

}  // namespace lotse::test

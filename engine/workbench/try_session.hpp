#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/report/text.hpp"
#include "engine/workbench/try_change.hpp"
#include "engine/workbench/try_line.hpp"
#include "engine/workbench/try_record.hpp"
#include "engine/workbench/world.hpp"

namespace lotse::trial {

/// What a line brought.
struct Reply {
  std::string text{};      ///< to be printed; whole lines
  bool understood = true;  ///< false: the text says what was wrong, and nothing has changed
  bool quit = false;
  /// What `save` asks for: Session::recording() into this file.
  struct Save {
    std::string file;
    std::string name;  ///< of the test; empty: Session finds one
  };
  std::optional<Save> save{};
};

/// Words that the last one of a line may become.
struct Completion {
  std::size_t from = 0;            ///< where the last word begins, in bytes
  std::vector<std::string> words;  ///< whole; one that ends in `=` wants to be continued
};

/// `lotse try` without its terminal: invented customers on a virtual clock in one journey, moved by lines of
/// text. A value of what was typed: equal lines give equal replies. docs/try.md has the commands.
class Session {
 public:
  /// `workspace` must outlive this; `journey` is one of its journeys.
  Session(const Workspace& workspace, std::size_t journey, Instant start, const TextStyle& style = {});

  /// Does what a line says. Every line has an answer; an empty one and one that begins with `#` do nothing.
  [[nodiscard]] Reply answer(std::string_view line);

  /// Before the first line: which journey, and how to go on.
  [[nodiscard]] std::string greeting() const;
  /// `2024-01-15 09:00 c1 order> `.
  [[nodiscard]] std::string prompt() const;
  /// `line` ends at the cursor.
  [[nodiscard]] Completion complete(std::string_view line) const;

  /// The text of a test file with all steps so far as its last test, named `name` (empty: by the path that
  /// the customer took). `text` is what is in the file, empty where there is none.
  [[nodiscard]] Result<std::string> recording(const std::string& file, const std::string& text,
                                              const std::string& name) const;

  // What has come about, for tests.
  [[nodiscard]] Instant clock() const { return now_.clock; }
  [[nodiscard]] std::size_t steps() const { return steps_.size(); }
  [[nodiscard]] CustomerState state() const;  ///< of the current customer

 private:
  struct Customer {
    std::string name;
    Identifier identifier;
    std::vector<std::pair<std::string, std::string>> arms{};  ///< split → arm that was chosen
  };
  struct Step {
    Instant at{};  ///< of the clock afterwards
    std::optional<Event> event{};
    std::size_t customer = 0;  ///< whose
  };
  /// A place to go back to: everything but the clock only grows.
  struct Point {
    Instant clock{};
    std::size_t steps = 0;
    std::size_t customers = 1;
    std::size_t current = 0;  ///< customer
  };
  using Words = std::span<const Word>;
  struct Command;
  [[nodiscard]] static std::span<const Command> commands();

  [[nodiscard]] Result<Reply> run(Words words);
  [[nodiscard]] Result<Reply> post(Words words);
  [[nodiscard]] Result<Reply> wait(Words words);
  [[nodiscard]] Result<Reply> customer(Words words);
  [[nodiscard]] Result<Reply> show(Words words);
  [[nodiscard]] Result<Reply> map(Words words);
  [[nodiscard]] Result<Reply> context(Words words);
  [[nodiscard]] Result<Reply> effects(Words words);
  [[nodiscard]] Result<Reply> why(Words words);
  [[nodiscard]] Result<Reply> next(Words words);
  [[nodiscard]] Result<Reply> undo(Words words);
  [[nodiscard]] Result<Reply> reset(Words words);
  [[nodiscard]] Result<Reply> save(Words words);
  [[nodiscard]] Result<Reply> help(Words words);
  [[nodiscard]] Result<Reply> quit(Words words);

  [[nodiscard]] Result<Instant> read_wait(Words words) const;
  [[nodiscard]] Result<Customer> new_customer(Words words) const;
  [[nodiscard]] Result<void> take(Step step);
  [[nodiscard]] Instant time_of_event(const scenario::World& world, const Event& event) const;
  [[nodiscard]] std::string last_step_text() const;
  [[nodiscard]] std::string moving_text(const Instance& instance, const Journey& journey) const;

  [[nodiscard]] const Journey& journey() const { return *versions().versions.back(); }
  [[nodiscard]] const JourneyVersions& versions() const { return workspace_.journeys[journey_]; }
  [[nodiscard]] const Customer& current() const { return customers_[now_.current]; }
  [[nodiscard]] Instant clock_before(std::size_t step) const;
  [[nodiscard]] scenario::World world_before(std::size_t step) const;
  [[nodiscard]] bool has_events(std::size_t customer, std::size_t steps) const;
  [[nodiscard]] Result<void> something_happened() const;
  [[nodiscard]] Change change(const scenario::World& before, const scenario::World& after, std::size_t step,
                              std::size_t customer) const;
  [[nodiscard]] std::vector<Change> changes(std::size_t step) const;
  [[nodiscard]] Change everything(std::size_t customer) const;
  [[nodiscard]] std::string default_name() const;

  const Workspace& workspace_;
  std::size_t journey_;
  Zone zone_;
  Instant start_;
  TextStyle style_;
  std::vector<Customer> customers_;
  std::vector<Step> steps_;
  std::vector<Point> past_;  ///< before each command that changed something
  Point now_;
};

/// The instance that something happened to last; null where there is none.
[[nodiscard]] const Instance* latest_instance(const JourneyState& state);

}  // namespace lotse::trial

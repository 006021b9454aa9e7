#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.hpp"

/// What proposals for journey files are made of, whether for a whole file or for lines to add to one.
namespace lotse::proposal {

/// Whether a journey file can name it in `on`.
[[nodiscard]] bool can_be_named(std::string_view type);

/// `T02 Check confirmation` → `t02_check_confirmation`: letters, digits and `_`, no digit first; one that
/// `taken` has not, which has it from then on.
[[nodiscard]] std::string id_of(std::string_view type, std::set<std::string>& taken);

/// The smallest usual time of silence that is not shorter than `wait`.
[[nodiscard]] Duration window_of(Duration wait);

/// The smallest value that at least `share` of them do not pass; orders them anew. Requires one at least.
[[nodiscard]] Duration quantile(std::vector<Duration>& values, double share);

/// A log's text within a comment: one line, whatever is in it.
[[nodiscard]] std::string in_comment(std::string_view text);

}  // namespace lotse::proposal

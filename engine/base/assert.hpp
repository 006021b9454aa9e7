#pragma once

namespace lotse::detail {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line) noexcept;
}  // namespace lotse::detail

/// A promise of our own code: prints the expression with its place and aborts, in every build type. For the
/// author's mistakes use Diagnostic, for the world's failures Result.
#define LOTSE_ASSERT(expression)                        \
  (static_cast<bool>(expression) ? static_cast<void>(0) \
                                 : ::lotse::detail::assertion_failed(#expression, __FILE__, __LINE__))

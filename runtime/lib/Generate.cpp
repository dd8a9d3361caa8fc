//===- Generate.cpp - Closed-loop generation ------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A draw follows one record; a beam search copies records, as a state is all
// that a hypothesis is made of.
//===----------------------------------------------------------------------===//
#include "rnn/generate.h"

#include "runtime/lib/Error.h"
#include "runtime/lib/TokenDraw.h"
#include "runtime/lib/TokenStream.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>
#include <string>

using namespace rnn;

//===----------------------------------------------------------------------===//
// Draws
//===----------------------------------------------------------------------===//

namespace {
struct Generated {
  std::vector<int32_t> Tokens;
  double LogProbability = 0;
};
} // namespace

/// `Next` are the probabilities of the first token. That of the whole is left
/// out where nobody wants it: its logarithms take as long as a small step.
static Generated draw(TokenStream &Of, const void *Panels, void *State,
                      const std::vector<double> *Next,
                      const rnn_generate_options &Given,
                      bool WantsProbability) {
  TokenDraw Draw(Given.temperature == 0 ? 1 : Given.temperature);
  const Random Numbers(Given.seed, streamOf("sample") + Given.sequence);
  Generated Made;
  for (int64_t Index = 0; Index < Given.length; ++Index) {
    const int32_t Token =
        Given.most_likely
            ? mostLikely(*Next)
            : Draw(*Next, Numbers.uniform(static_cast<uint64_t>(Index)));
    Made.Tokens.push_back(Token);
    if (WantsProbability)
      Made.LogProbability += std::log((*Next)[Token]);
    if (Token == Given.end)
      break;
    if (Index + 1 < Given.length)
      Next = &Of.step(Panels, State, Token);
  }
  return Made;
}

//===----------------------------------------------------------------------===//
// Beam search
//===----------------------------------------------------------------------===//

namespace {
/// The most likely continuations found so far, each with its record.
class Beam {
public:
  Beam(TokenStream &Of, const void *Panels, const rnn_generate_options &Given)
      : Of(Of), Panels(Panels), Given(Given),
        RecordBytes(Of.stream().state_bytes), Scratch(RecordBytes) {}

  Generated run(const void *State, const std::vector<double> &First);

private:
  struct Hypothesis {
    Generated Said;
    std::vector<char> Record;
  };
  struct Candidate {
    double LogProbability;
    size_t From;
    int32_t Token;
  };

  void addCandidates(size_t From, const std::vector<double> &Next);
  void choose();
  bool isOver() const;

  TokenStream &Of;
  const void *Panels;
  const rnn_generate_options &Given;
  size_t RecordBytes;
  Buffer Scratch; // the step may ask for alignment that a vector does not have
  std::vector<Hypothesis> Live;
  std::vector<Candidate> Candidates;
  Generated Best; // of those that ended
  bool HasEnded = false;
};
} // namespace

void Beam::addCandidates(size_t From, const std::vector<double> &Next) {
  for (size_t Token = 0; Token < Next.size(); ++Token)
    if (Next[Token] > 0)
      Candidates.push_back(
          {Live[From].Said.LogProbability + std::log(Next[Token]), From,
           static_cast<int32_t>(Token)});
}

/// The best candidates become the hypotheses; one that ends leaves the beam.
void Beam::choose() {
  const size_t Count =
      std::min(Candidates.size(), static_cast<size_t>(Given.beam));
  std::partial_sort(
      Candidates.begin(), Candidates.begin() + static_cast<int64_t>(Count),
      Candidates.end(), [](const Candidate &A, const Candidate &B) {
        if (A.LogProbability != B.LogProbability)
          return A.LogProbability > B.LogProbability;
        return std::pair(A.From, A.Token) < std::pair(B.From, B.Token);
      });
  std::vector<Hypothesis> Chosen;
  for (const Candidate &C : std::span(Candidates).first(Count)) {
    Hypothesis Longer = Live[C.From];
    Longer.Said.Tokens.push_back(C.Token);
    Longer.Said.LogProbability = C.LogProbability;
    if (C.Token != Given.end) {
      Chosen.push_back(std::move(Longer));
    } else if (!HasEnded || C.LogProbability > Best.LogProbability) {
      HasEnded = true;
      Best = std::move(Longer.Said);
    }
  }
  Live = std::move(Chosen);
  Candidates.clear();
}

/// A longer sequence is never likelier than what it begins with.
bool Beam::isOver() const {
  return Live.empty() ||
         (HasEnded && Best.LogProbability >= Live[0].Said.LogProbability);
}

Generated Beam::run(const void *State, const std::vector<double> &First) {
  const char *Bytes = static_cast<const char *>(State);
  Live.push_back({{}, {Bytes, Bytes + RecordBytes}});
  addCandidates(0, First);
  choose();
  for (int64_t Index = 1; Index < Given.length && !isOver(); ++Index) {
    for (size_t From = 0; From < Live.size(); ++From) {
      std::memcpy(Scratch.data(), Live[From].Record.data(), RecordBytes);
      addCandidates(
          From, Of.step(Panels, Scratch.data(), Live[From].Said.Tokens.back()));
      std::memcpy(Live[From].Record.data(), Scratch.data(), RecordBytes);
    }
    choose();
  }
  return HasEnded || Live.empty() ? Best : Live[0].Said;
}

//===----------------------------------------------------------------------===//
// The entry point
//===----------------------------------------------------------------------===//

static void checkOptions(const rnn_generate_options &Given) {
  const auto Bad = [](const std::string &Text) {
    throw Error(RNN_ERROR_ARGUMENT, Text);
  };
  if (Given.struct_size < sizeof(rnn_generate_options))
    throw Error(RNN_ERROR_VERSION,
                "rnn_generate_options: expected " +
                    std::to_string(sizeof(rnn_generate_options)) +
                    " bytes, got " + std::to_string(Given.struct_size));
  if (!(Given.temperature >= 0) || !std::isfinite(Given.temperature))
    Bad("expected a positive temperature, got " +
        std::to_string(Given.temperature));
  if (Given.length < 1)
    Bad("expected a length of 1 or more, got " + std::to_string(Given.length));
  if (Given.beam < 0)
    Bad("expected a beam of 0 or more, got " + std::to_string(Given.beam));
  const bool IsDrawn = Given.temperature != 0;
  if ((Given.beam > 0) + (Given.most_likely != 0) + IsDrawn > 1)
    Bad("expected a beam, the most likely tokens or a temperature, got more "
        "than one");
}

static Generated generate(const rnn_model &Model, const void *Panels,
                          void *State, std::span<const int32_t> Prefix,
                          const rnn_generate_options &Given,
                          bool WantsProbability) {
  TokenStream Of(Model, Given.tokens);
  const std::vector<double> *Next = nullptr;
  if (Of.start() >= 0)
    Next = &Of.step(Panels, State, Of.start());
  for (const int32_t Token : Prefix)
    Next = &Of.step(Panels, State, Token);
  if (!Next)
    throw Error(RNN_ERROR_ARGUMENT, "expected a token to start from, got none");
  if (Given.beam > 0)
    return Beam(Of, Panels, Given).run(State, *Next);
  return draw(Of, Panels, State, Next, Given, WantsProbability);
}

rnn_status rnn_generate(const rnn_model *Model, const void *Panels, void *State,
                        const int32_t *Prefix, int64_t PrefixCount,
                        const rnn_generate_options *Options, int32_t *Tokens,
                        int64_t *Count, double *LogProbability) noexcept {
  return guarded([&] {
    const bool IsWhole = Model && Panels && State && Options && Tokens &&
                         Count && (Prefix || PrefixCount == 0);
    if (!IsWhole || PrefixCount < 0)
      throw Error(RNN_ERROR_ARGUMENT,
                  "expected a model, panels, a state, options and a place for "
                  "tokens, got a null pointer");
    checkOptions(*Options);
    const Generated Made = generate(*Model, Panels, State,
                                    {Prefix, static_cast<size_t>(PrefixCount)},
                                    *Options, LogProbability != nullptr);
    std::copy(Made.Tokens.begin(), Made.Tokens.end(), Tokens);
    *Count = static_cast<int64_t>(Made.Tokens.size());
    if (LogProbability)
      *LogProbability = Made.LogProbability;
    return RNN_OK;
  });
}

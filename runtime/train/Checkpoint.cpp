//===- Checkpoint.cpp - Saving and resuming training ----------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Options travel as JSON in the metadata (its numbers are read back to the same
// bits), progress and moments as tensors.
//===----------------------------------------------------------------------===//
#include "runtime/train/Checkpoint.h"

#include "runtime/lib/Error.h"
#include "runtime/lib/Parameters.h"
#include "runtime/lib/Plan.h"

#include <cstring>
#include <nlohmann/json.hpp>

using namespace rnn;
using namespace rnn::train;
using nlohmann::json;

static constexpr const char *OptionsKey = "rnnc.options";
static constexpr const char *CountsName = "@counts";
static constexpr const char *LossesName = "@losses";
static constexpr const char *StateName = "@state";
static constexpr const char *DirectionName = "@hf.direction";
static constexpr const char *DampingName = "@hf.damping";

static std::string momentName(const Optimiser &Of, const Moment &M) {
  return std::string("@") + methodName(Of.method()) + "." + M.Name;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static std::string optionsText(const Options &Given) {
  return json{{"optimizer", methodName(Given.Rule)},
              {"momentum", Given.Momentum},
              {"weight_decay", Given.WeightDecay},
              {"lr", Given.Rate},
              {"decay", Given.Decay},
              {"clip_value", Given.ClipValue},
              {"clip_norm", Given.ClipNorm},
              {"batch", Given.Batch},
              {"window", Given.Window},
              {"hf_damping", Given.Curvature.Damping},
              {"hf_structural", Given.Curvature.Structural},
              {"hf_iterations", Given.Curvature.MaxIterations},
              {"hf_precondition", Given.Curvature.Precondition},
              {"hf_products", Given.Products},
              {"seed", Given.Seed}}
      .dump();
}

/// The state as a matrix of the model's type: a record a row.
static TensorView stateView(const Trainer &Of) {
  const rnn_model &Model = Of.model();
  const size_t Records =
      Model.state_bytes > 0 ? Of.State.size() / Model.state_bytes : 0;
  return {dtypeOf(Model.element_type),
          {static_cast<int64_t>(Records),
           static_cast<int64_t>(Model.state_bytes / elementSize(Model))},
          Of.State.data()};
}

void train::saveCheckpoint(const Trainer &From, const std::string &Path,
                           const Metadata &Extra) {
  const rnn_model &Model = From.model();
  const int64_t Counts[] = {From.Now.Steps, From.Now.Epochs,
                            From.training().position(), From.Update.steps()};
  const double Losses[] = {From.Now.Loss, From.Now.Smoothed};
  auto Tensors = parameterViews(Model, From.params());
  for (const Moment &M : From.Update.moments())
    Tensors.push_back({momentName(From.Update, M),
                       {dtypeOf(Model.element_type),
                        {static_cast<int64_t>(Model.parameter_size)},
                        M.Values.data()}});
  const auto Size = static_cast<int64_t>(Model.parameter_size);
  if (const HessianFree *Second = From.Second.get()) {
    Tensors.push_back(
        {DirectionName, {DType::F64, {Size}, Second->direction().data()}});
    Tensors.push_back({DampingName, {DType::F64, {1}, &Second->damping()}});
  }
  Tensors.push_back({CountsName, {DType::I64, {4}, Counts}});
  Tensors.push_back({LossesName, {DType::F64, {2}, Losses}});
  Tensors.push_back({StateName, stateView(From)});
  Metadata Written = Extra;
  Written[OptionsKey] = optionsText(From.options());
  for (const Identity &Of : From.training().identity())
    Written[Of.Key] = Of.Value;
  writeTensors(Path, Tensors, Written);
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static const std::string &metadata(const TensorFile &File, const char *Key) {
  const auto Found = File.Metadata.find(Key);
  if (Found == File.Metadata.end())
    throw Error(RNN_ERROR_MISMATCH, File.Path +
                                        ": expected a training checkpoint, got "
                                        "a file without '" +
                                        Key + "' in its metadata");
  return Found->second;
}

/// Copies a tensor that must have the given type and shape.
static void copyTensor(const TensorFile &File, const std::string &Name,
                       const TensorView &Like, void *To) {
  const TensorView *Got = File.find(Name);
  if (!Got)
    throw Error(RNN_ERROR_MISMATCH,
                File.Path + ": expected tensor '" + Name + "', got none");
  if (Got->Type != Like.Type || Got->Shape != Like.Shape)
    throw Error(RNN_ERROR_MISMATCH, File.Path + ": tensor '" + Name +
                                        "': expected " + dtypeName(Like.Type) +
                                        " " + shapeText(Like.Shape) + ", got " +
                                        dtypeName(Got->Type) + " " +
                                        shapeText(Got->Shape));
  if (Got->bytes() > 0)
    std::memcpy(To, Got->Data, Got->bytes());
}

Options train::checkpointOptions(const TensorFile &File) {
  try {
    const json Read = json::parse(metadata(File, OptionsKey));
    Options Given;
    Given.Rule = methodOf(Read.at("optimizer"));
    Given.Momentum = Read.value("momentum", 0.0);
    Given.WeightDecay = Read.value("weight_decay", 0.0);
    Given.Rate = Read.at("lr");
    Given.Decay = Read.at("decay");
    Given.ClipValue = Read.at("clip_value");
    Given.ClipNorm = Read.at("clip_norm");
    Given.Batch = Read.at("batch");
    Given.Window = Read.at("window");
    HessianFreeOptions &Curvature = Given.Curvature;
    Curvature.Damping = Read.value("hf_damping", Curvature.Damping);
    Curvature.Structural = Read.value("hf_structural", Curvature.Structural);
    Curvature.MaxIterations =
        Read.value("hf_iterations", Curvature.MaxIterations);
    Curvature.Precondition =
        Read.value("hf_precondition", Curvature.Precondition);
    Given.Products = Read.value("hf_products", Given.Products);
    Given.Seed = Read.at("seed");
    return Given;
  } catch (const json::exception &E) {
    throw Error(RNN_ERROR_FILE,
                File.Path + ": '" + OptionsKey + "': " + E.what());
  }
}

Vocabulary train::checkpointVocabulary(const TensorFile &File) {
  return Vocabulary::ofHex(metadata(File, VocabularyKey));
}

template <typename Value>
static void expectSame(const TensorFile &File, const char *What,
                       const Value &Saved, const Value &Now) {
  if (Saved == Now)
    return;
  throw Error(RNN_ERROR_MISMATCH,
              File.Path + ": was trained with another " + What + ": expected " +
                  json(Saved).dump() + ", got " + json(Now).dump());
}

static void checkSameTraining(const Trainer &Into, const TensorFile &File) {
  const Options Saved = checkpointOptions(File), &Now = Into.options();
  expectSame<std::string>(File, "optimizer", methodName(Saved.Rule),
                          methodName(Now.Rule));
  expectSame(File, "batch", Saved.Batch, Now.Batch);
  expectSame(File, "window", Saved.Window, Now.Window);
  for (const Identity &Of : Into.training().identity())
    expectSame(File, Of.What.c_str(), metadata(File, Of.Key.c_str()), Of.Value);
}

void train::loadCheckpoint(Trainer &Into, const TensorFile &File) {
  const rnn_model &Model = Into.model();
  checkSameTraining(Into, File);
  int64_t Counts[4];
  double Losses[2];
  copyTensor(File, CountsName, {DType::I64, {4}, nullptr}, Counts);
  copyTensor(File, LossesName, {DType::F64, {2}, nullptr}, Losses);
  loadParameters(Model, File, Into.params());
  for (Moment &M : Into.Update.moments())
    copyTensor(File, momentName(Into.Update, M),
               {dtypeOf(Model.element_type),
                {static_cast<int64_t>(Model.parameter_size)},
                nullptr},
               M.Values.data());
  if (HessianFree *Second = Into.Second.get()) {
    const auto Size = static_cast<int64_t>(Model.parameter_size);
    copyTensor(File, DirectionName, {DType::F64, {Size}, nullptr},
               Second->direction().data());
    copyTensor(File, DampingName, {DType::F64, {1}, nullptr},
               &Second->damping());
  }
  copyTensor(File, StateName, stateView(Into), Into.State.data());
  Into.Now = {Counts[0], Counts[1], Losses[0], Losses[1]};
  Into.training().setPosition(Counts[2]);
  Into.setSeed(checkpointOptions(File).Seed); // of dropout
  Into.Update.setSteps(Counts[3]);
}

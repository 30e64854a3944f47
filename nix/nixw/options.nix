# How many words each option of this Nix takes, from its own description of its command line (the file $NIXW_DUMP): lines
# "COMMAND OPTION NUMBER", without COMMAND for options of all commands, and only where the number is not 0.
let
  dump = builtins.fromJSON (builtins.readFile (builtins.getEnv "NIXW_DUMP"));
  # Nix 2.8 puts the commands at the top; later ones have them one level below.
  root = if dump ? commands then dump else dump.args;

  names = command: attrs: builtins.attrNames (attrs.${command} or { });
  ofCommand =
    path: command:
    builtins.concatMap (
      name:
      let
        flag = command.flags.${name};
        line = option: "${path} ${option} ${toString flag.arity}";
      in
      if flag.arity or 0 == 0 then
        [ ]
      else
        [ (line "--${name}") ] ++ (if flag ? shortName then [ (line "-${flag.shortName}") ] else [ ])
    ) (names "flags" command)
    ++ builtins.concatMap (
      name: ofCommand (if path == "" then name else "${path} ${name}") command.commands.${name}
    ) (names "commands" command);
in
builtins.concatStringsSep "\n" (ofCommand "" root)

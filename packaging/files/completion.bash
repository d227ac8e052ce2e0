# bash completion of armvcpu-run, armvcpu-check and armvcpu-stat: the options are those that --help tells.

_armvcpu()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}

	COMPREPLY=()
	# Short options mean other things to other programs.
	case ${1##*/}:$prev in
	armvcpu-stat:-d | *:--dir)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return ;;
	armvcpu-stat:-[il])
		return ;;
	esac
	case $prev in
	-k | --kernel | -i | --initrd | --disk | --dtb | --dump-dtb | --firmware | --firmware-vars | --save | --restore)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return ;;
	-d | --device)
		mapfile -t COMPREPLY < <(compgen -W "/dev/armvcpu /dev/kvm" -- "$cur")
		return ;;
	--net)
		compopt -o nospace 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -W "user tap= unix=" -- "$cur")
		return ;;
	--gic)
		mapfile -t COMPREPLY < <(compgen -W "2 3" -- "$cur")
		return ;;
	-c | --cpus | -m | --mem | -a | --append | --vsock | --gdb | --listen | --interval)
		return ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$("$1" --help 2>/dev/null | grep -oE -- '(^|[ ,])--[a-z][a-z-]*' | tr -d ' ,')" \
		-- "$cur")
}
complete -F _armvcpu armvcpu-run armvcpu-check armvcpu-stat

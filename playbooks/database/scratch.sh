# Holds the name of a scratch database against what such a name is. In: scratch. Needs ours.sh.
ours "$scratch" kea_lockstep_ "scratch database"
